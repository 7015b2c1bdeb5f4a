#!/bin/sh
# Lets nginx compress with brotli too, where it has the module: containers run this before it starts, and so does
# `trivet up`. TRIVET_NGINX_DIR is where its configuration lies; NGINX and BROTLI_CONF, where they are elsewhere.
set -eu
rm -f "$TRIVET_NGINX_DIR/modules.conf" "$TRIVET_NGINX_DIR/brotli.conf"
folder=$("${NGINX:-nginx}" -V 2>&1 | tr ' ' '\n' | sed -n 's/^--modules-path=//p')
module=$folder/ngx_http_brotli_filter_module.so
[ -f "$module" ] || exit 0
printf 'load_module %s;\n' "$module" >"$TRIVET_NGINX_DIR/modules.conf"
cp "${BROTLI_CONF:-/etc/nginx/brotli.conf}" "$TRIVET_NGINX_DIR/brotli.conf"
