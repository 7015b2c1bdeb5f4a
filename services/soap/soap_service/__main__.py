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
    """Write the document; namespace and address are those of the settings, where no others are given."""
    parser = argparse.ArgumentParser(prog="soap_service", description=__doc__)
    parser.add_argument("--profile", choices=PROFILES, default="net")
    parser.add_argument("--namespace", help="of a promised service")
    parser.add_argument("--service", help="a promised service's name, which is part of its address")
    chosen = parser.parse_args()
    profile = PROFILES[chosen.profile]
    settings = load(SoapSettings)
    namespace = chosen.namespace or settings.soap_namespace
    address = f"{settings.address}/{chosen.service}" if chosen.service else settings.address
    port = PortType(catalog.decode(sys.stdin.buffer.read()), profile)
    if port.empty:
        sys.exit("the role may do nothing")
    sys.stdout.buffer.write(wsdl.write(port, namespace=namespace, address=address))


if __name__ == "__main__":
    main()
