#!/bin/sh
# Lets nginx answer TLS too, on TRIVET_TLS_LISTEN (empty: nowhere): containers run this before it starts, and so does
# `trivet up`. The certificate is TLS_CERTIFICATE with TLS_KEY, else one for development, made in TRIVET_TLS_DIR for
# localhost and the names in TLS_NAMES (commas between) and kept until it is about to end; nobody trusts it by itself.
set -eu
rm -f "$TRIVET_NGINX_DIR/tls.conf"
[ -n "${TRIVET_TLS_LISTEN:-}" ] || exit 0
certificate=${TLS_CERTIFICATE:-} key=${TLS_KEY:-}
if [ -z "$certificate" ] && [ -z "$key" ]; then
    folder=${TRIVET_TLS_DIR:-$TRIVET_NGINX_DIR/tls}
    certificate=$folder/development.crt key=$folder/development.key
    names=DNS:localhost,IP:127.0.0.1,IP:::1
    for name in $(printf '%s' "${TLS_NAMES:-}" | tr ',' ' '); do
        case $name in
            *[!A-Za-z0-9.:-]*) echo "TLS_NAMES: $name is not a host name or address" >&2; exit 1 ;;
            *:*) names=$names,IP:$name ;;
            *[!0-9.]*) names=$names,DNS:$name ;;
            *) names=$names,IP:$name ;;
        esac
    done
    if ! { [ "$(cat "$folder/names" 2>/dev/null)" = "$names" ] &&
        openssl x509 -in "$certificate" -noout -checkend 604800 >/dev/null 2>&1; }; then
        umask 077
        mkdir -p "$folder"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -nodes -days 365 \
            -subj "/O=Trivet/CN=Trivet development" -addext "subjectAltName=$names" \
            -addext "extendedKeyUsage=serverAuth" -addext "basicConstraints=critical,CA:FALSE" \
            -keyout "$key" -out "$certificate" >/dev/null 2>&1 ||
            { echo "openssl can't make a certificate for development: give one in TLS_CERTIFICATE and TLS_KEY" >&2; exit 1; }
        printf '%s' "$names" >"$folder/names"
    fi
fi
for file in "$certificate" "$key"; do
    [ -r "$file" ] || { echo "TLS_CERTIFICATE and TLS_KEY: ${file:-one of them} can't be read" >&2; exit 1; }
    case $file in *[!A-Za-z0-9._/+@,=-]*) echo "TLS: $file has signs in its path that nginx can't take" >&2; exit 1 ;; esac
done
# Mozilla's "intermediate" list (version 5.7) without what lacks forward secrecy or authenticated encryption
cat >"$TRIVET_NGINX_DIR/tls.conf" <<END
listen $TRIVET_TLS_LISTEN ssl http2 default_server;
ssl_certificate $certificate;
ssl_certificate_key $key;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
ssl_prefer_server_ciphers off;
ssl_session_cache shared:trivet_tls:2m;
ssl_session_timeout 1h;
ssl_session_tickets off;
END
