#!/bin/sh
# Makes what the directory of the compose profile `openldap` needs for TLS, once: an authority of its own, whose key is
# thrown away, and a certificate for `openldap`. TRIVET_TLS_DIR gets ca.crt, server.crt and server.key, which the group
# of this process (the directory's) may read; TRIVET_CA_DIR gets ca.crt alone, for who is to trust it.
set -eu
folder=$TRIVET_TLS_DIR
if ! openssl x509 -in "$folder/server.crt" -noout -checkend 2592000 >/dev/null 2>&1; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -nodes"
    openssl req -x509 $ec -days 3650 -subj "/O=Trivet/CN=Trivet directory for development" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
    openssl req $ec -subj "/O=Trivet/CN=openldap" -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
    printf '%s\n' "subjectAltName=DNS:openldap,DNS:localhost,IP:127.0.0.1" "basicConstraints=critical,CA:FALSE" \
        "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth" >"$work/extensions"
    openssl x509 -req -in "$work/server.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
        -sha256 -days 3650 -extfile "$work/extensions" -out "$work/server.crt" 2>/dev/null
    chmod 640 "$work/server.key"
    cp "$work/ca.crt" "$work/server.key" "$folder"
    chmod 640 "$folder/server.key"
    cp "$work/server.crt" "$folder" # at last: it says that all is there
    echo "made a certificate for the directory"
fi
cp "$folder/ca.crt" "$TRIVET_CA_DIR"
