#!/bin/sh
# Writes down for nginx from which pages the APIs may be called, from CORS_ORIGINS: origins with commas between; none: all.
# (In containers; `trivet up` writes the same lines by itself.)
set -eu
origins=$(printf '%s' "${CORS_ORIGINS:-}" | tr ',' ' ')
for origin in $origins; do
    case $origin in
        http://*[!0-9A-Za-z.:/\[\]-]* | https://*[!0-9A-Za-z.:/\[\]-]*) echo "CORS_ORIGINS: $origin is no origin" >&2; exit 1 ;;
        http://* | https://*) ;;
        *) echo "CORS_ORIGINS: $origin is no origin" >&2; exit 1 ;;
    esac
done
{
    # shellcheck disable=SC2016  (variables of nginx)
    if [ -z "$origins" ]; then
        printf 'map $http_origin $trivet_cors_allowed { default "*"; }\nmap $http_host $trivet_cors_vary { default ""; }\n'
    else
        printf 'map $http_origin $trivet_cors_allowed {\n    default "";\n'
        for origin in $origins; do printf '    "%s" "%s";\n' "$origin" "$origin"; done
        printf '}\nmap $http_host $trivet_cors_vary { default "Origin"; }\n'
    fi
} >"$TRIVET_NGINX_DIR/cors.conf"
