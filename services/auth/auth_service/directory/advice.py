"""What to try where a login by the directory stops."""

from collections.abc import Iterable

REFUSED = (
    "the password is wrong, or the directory doesn't want to say more: try the same with ldapwhoami -x -ZZ -D DN -W"
)
SEVERAL = ("a name must find one person: make TRIVET_LDAP_BASE or TRIVET_LDAP_USER_FILTER narrower",)
NO_BASE = (
    "TRIVET_LDAP_BASE is not there, or who looks for people may not read it: check its spelling, and the access rules "
    "of TRIVET_LDAP_BIND_DN",
)
NOT_FOUND = (
    "check the name's spelling; that the person is below TRIVET_LDAP_BASE; and that TRIVET_LDAP_BIND_DN may read them",
    "for Active Directory set TRIVET_LDAP_SCHEMA=ad, and TRIVET_LDAP_DOMAIN for logins as DOMAIN\\user",
)
LOCK_LATER = (
    "the directory would lock people before Trivet stops: make TRIVET_LDAP_LOCK_ATTEMPTS smaller, or "
    "TRIVET_LDAP_LOCK_SECONDS longer"
)
# by what is in the text of a fault, in this order; ldap3 and OpenSSL know no codes here
_FAULTS = (
    ("doesn't match any name", "the certificate is for another name: use the name in it in TRIVET_LDAP_URLS"),
    ("certificate has expired", "the server's certificate has expired: renew it (and check this machine's clock)"),
    ("not yet valid", "the server's certificate is not valid yet: check the clocks"),
    ("certificate verify failed", "nobody we trust has signed the certificate: name a PEM file with its authority's in "
     "TRIVET_LDAP_CA_FILE"),
    ("invalid ca public key file", "TRIVET_LDAP_CA_FILE is not there, or can't be read"),
    ("no such file", "TRIVET_LDAP_CA_FILE is not there, or can't be read"),
    ("no certificate or crl found", "TRIVET_LDAP_CA_FILE holds no certificate in PEM"),
    ("wrong version number", "the server speaks without TLS at this port: write ldap://host for StartTLS"),
    ("unexpected_eof", "the server hung up on TLS: if this port is one without it, write ldap://host for StartTLS"),
    ("starttls failed", "the server can't do StartTLS: give it a certificate, or write ldaps://host"),
    ("refused", "nothing listens there: check host and port (389 for ldap://, 636 for ldaps://), and that it runs"),
    ("timed out", "nobody answers: check the address, a firewall between, and TRIVET_LDAP_CONNECT_TIMEOUT"),
    ("getaddrinfo", "the name is not known: check its spelling, and this machine's DNS"),
    ("name or service not known", "the name is not known: check its spelling, and this machine's DNS"),
    ("invalid server address", "the name is not known: check its spelling, and this machine's DNS"),
)  # fmt: skip
_STAGES = {
    "service": "check TRIVET_LDAP_BIND_DN and TRIVET_LDAP_BIND_PASSWORD",
    "search": "who looks for people may not search there, or the directory is busy: look into its log",
    "tls": "TLS did not come about: look into the directory's log",
    "connect": "there is no connection: check the address",
}


def of(stage: str, why: str) -> Iterable[str]:
    """What to try after a fault."""
    text = why.lower()
    found = next((line for mark, line in _FAULTS if mark in text), None) if stage in ("connect", "tls") else None
    found = found or _STAGES.get(stage)
    return [found] if found else []


def taken(email: str) -> tuple[str, ...]:
    """What to try where the address is that of an account which is not the entry's."""
    return (
        f"there is an account {email} already, and an address in a directory is no proof that it is theirs",
        f"if it is the same person: trivet ldap link USER {email}",
    )


def no_policy(attempts: int) -> tuple[str, ...]:
    """What to say where the directory's own limit can't be read."""
    return (
        f"its rules can't be read: see that it locks after more than {attempts} wrong passwords "
        "(TRIVET_LDAP_LOCK_ATTEMPTS), or Trivet's clients can lock people out of everything else",
    )
