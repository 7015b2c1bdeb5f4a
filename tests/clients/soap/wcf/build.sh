#!/usr/bin/env bash
# Generate and compile the client, in a folder with trivet.wsdl, Contract.cs and Client.cs.
set -euo pipefail
wsdl -namespace:Records -fields -out:Records.cs trivet.wsdl
mcs -nologo -warn:0 -out:Client.exe -r:System.ServiceModel.dll -r:System.Runtime.Serialization.dll \
    -r:System.Web.Services.dll -r:System.Xml.dll Client.cs Contract.cs Records.cs
