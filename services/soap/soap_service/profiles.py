"""Profiles: the same service for toolkits that can't bear one of our habits (spec: soap.md §8).

A profile is a part of the address (``/soap/v1?profile=java``), so that a WSDL and the messages under it agree.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.problems import Problem

from soap_service.names import escape

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST_AFFIX = len("CreateBatchResponse")  # what goes before or after a type's name in the longest name made of it
_MARK = 4


@dataclass(frozen=True)
class Profile:
    """How names are spelt, and whether NULL is said by ``xsi:nil`` or by leaving the element out.

    ``limit``: the letters of a name at most; None: any name that XML allows.
    """

    name: str
    nillable: bool = True
    limit: int | None = None

    def spell(self, name: str) -> str:
        """The name of an element for any text."""
        return escape(name) if self.limit is None else _plain(name, self.limit)

    def spell_type(self, name: str) -> str:
        """The name of a type for any text; what is made of it by affixes keeps to the limit too."""
        return escape(name) if self.limit is None else _plain(name, self.limit - _LONGEST_AFFIX)


NET = Profile("net")
JAVA = Profile("java", nillable=False)  # JAXB makes JAXBElement<T> of what is nillable and may be absent
SAP = Profile("sap", limit=30)  # ABAP's names
PROFILES = {profile.name: profile for profile in (NET, JAVA, SAP)}


def of_query(query: Mapping[str, str]) -> Profile:
    """The profile that an address's query asks for. Raises `Problem` TRV109 for one that is unknown."""
    name = query.get("profile") or (JAVA.name if query.get("nillable") == "0" else NET.name)
    profile = PROFILES.get(name.lower())
    if profile is None:
        raise Problem("TRV109", f"There is no profile {name}", hint=f"Known here: {', '.join(PROFILES)}")
    return profile


def address_of(address: str, profile: Profile) -> str:
    """Where clients of a profile reach the service."""
    return address if profile is NET else f"{address}?profile={profile.name}"


def _plain(name: str, limit: int) -> str:
    """A name in letters, digits and inner underscores of ASCII.

    What does not fit is cut and marked by its own hash: the name depends on no other, and lasts while others come.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK].upper()
    plain = _NOT_PLAIN.sub("_", ascii_only).strip("_") or f"N{mark}"
    if not plain[:1].isalpha():
        plain = f"N{plain}"
    if plain[:3].lower() == "xml":
        plain = f"N{plain}"
    if len(plain) <= limit:
        return plain
    return plain[: limit - _MARK].rstrip("_") + mark
