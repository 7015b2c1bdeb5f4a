#!/usr/bin/env bash
# Generate and compile the client, in a folder with trivet.wsdl, Client.cs and Client.exe.config.
set -euo pipefail
wsdl -namespace:Records -fields -out:Records.cs trivet.wsdl
mcs -nologo -warn:0 -out:Client.exe -r:System.Web.Services.dll -r:System.Web.dll -r:System.Xml.dll Client.cs Records.cs
