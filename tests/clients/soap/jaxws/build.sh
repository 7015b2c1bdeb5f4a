#!/usr/bin/env bash
# Generate and compile the client, in a folder with trivet.wsdl, Client.java and bindings.xml.
set -euo pipefail
# -extension is for the port of SOAP 1.2
wsimport -Xnocompile -extension -b bindings.xml -p records -s . trivet.wsdl
javac -encoding UTF-8 -nowarn -cp /usr/share/java/jaxws-rt.jar -d . Client.java records/*.java
