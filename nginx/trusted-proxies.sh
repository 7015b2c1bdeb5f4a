#!/bin/sh
# Writes down for nginx whose X-Forwarded-* count, from TRUSTED_PROXIES: addresses and networks with commas between.
# (In containers; `trivet up` writes the same lines by itself.)
set -eu
networks=$(printf '%s' "${TRUSTED_PROXIES:-}" | tr ',' ' ')
for network in $networks; do
    case $network in
        *[!0-9A-Fa-f.:/]*) echo "TRUSTED_PROXIES: $network is not an address or network" >&2; exit 1 ;;
    esac
done
{
    for network in $networks; do printf 'set_real_ip_from %s;\n' "$network"; done
    # shellcheck disable=SC2016  (a variable of nginx)
    printf 'geo $realip_remote_addr $trivet_trusted {\n    default 0;\n'
    for network in $networks; do printf '    %s 1;\n' "$network"; done
    printf '}\n'
} >"$TRIVET_NGINX_DIR/trusted.conf"
