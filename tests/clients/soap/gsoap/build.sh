#!/usr/bin/env bash
# Generate and compile the client, in a folder with trivet.wsdl, client.cpp and typemap.dat.
set -euo pipefail
wsdl2h -O2 -t typemap.dat -o trivet.h trivet.wsdl
# WS-Security is a plugin; its header is imported into what was generated
sed -i '1i #import "wsse.h"' trivet.h
soapcpp2 -j -C -x -I/usr/share/gsoap/import:/usr/share/gsoap trivet.h
plugin=/usr/share/gsoap/plugin
g++ -w -DWITH_OPENSSL -DWITH_DOM -I. -I"$plugin" -o client client.cpp soapC.cpp soapTrivetSoap11Proxy.cpp \
    "$plugin"/{wsseapi,mecevp,smdevp,threads}.c /usr/share/gsoap/custom/struct_timeval.c \
    -lgsoapssl++ -lssl -lcrypto -lz
