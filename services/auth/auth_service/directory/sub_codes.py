"""What Active Directory says between the lines of a refused bind: `data 52e` in the text of its answer."""

import re

_DATA = re.compile(r"\bdata ([0-9a-f]{3,4})\b", re.IGNORECASE)
# [MS-ERREF] 2.2: Windows' own codes, in hexadecimal
_MEANINGS = {
    "525": "there is no such user; check the bind DN or the name",
    "52e": "the name is right and the password is wrong",
    "52f": "the account may not log in this way (a restriction on accounts, or a smart card is needed)",
    "530": "the account may not log in at this hour (logonHours)",
    "531": "the account may not log in from this machine (userWorkstations): add the servers of Trivet there",
    "532": "the password has expired: it must be changed in Windows, then Trivet takes the new one",
    "533": "the account is disabled: enable it in the directory",
    "701": "the account has expired (accountExpires): extend it in the directory",
    "773": "the password must be changed before the first login: do so in Windows, then Trivet takes the new one",
    "775": "the account is locked after too many wrong passwords: wait, or unlock it in the directory",
}


def explained(message: str) -> str | None:
    """The meaning of the sub-code in a refusal's text, the code before it; None where there is none that we know."""
    found = _DATA.search(message)
    code = found[1].lower() if found else ""
    return f"{code}: {_MEANINGS[code]}" if code in _MEANINGS else None
