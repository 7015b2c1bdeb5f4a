"""``python -m soap_service --profile java``: a role's catalog on standard input, its WSDL on standard output."""

import argparse
import sys

from chassis.settings import load
from contracts import catalog

from soap_service import wsdl
from soap_service.port_type import PortType
from soap_service.profiles import PROFILES
from soap_service.settings import SoapSettings


def main() -> None:
    """Write the document; namespace and address are those of the settings."""
    parser = argparse.ArgumentParser(prog="soap_service", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="net")
    profile = PROFILES[parser.parse_args().profile]
    settings = load(SoapSettings)
    port = PortType(catalog.decode(sys.stdin.buffer.read()), profile)
    if port.empty:
        sys.exit("the role may do nothing")
    sys.stdout.buffer.write(wsdl.write(port, namespace=settings.soap_namespace, address=settings.address))


if __name__ == "__main__":
    main()
