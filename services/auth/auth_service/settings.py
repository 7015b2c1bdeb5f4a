"""The settings of auth."""

import dataclasses
from pathlib import Path
from typing import Literal

from chassis.settings import setting

from auth_service import ldap_settings
from auth_service.sealing import FILE as MASTER_KEY_FILE


@dataclasses.dataclass(frozen=True)
class AuthSettings(ldap_settings.LdapSettings):
    """What auth needs to know besides what every service does."""

    accounts_url: str = setting(
        "",
        "where accounts are kept: `sqlite:////path/file.db`, `postgresql://…`; empty: in the state folder",
        secret=True,
    )
    master_key: str = setting(
        "",
        "the key that seals the signing keys, 32 bytes in base64 or hexadecimal; empty: `master.key` in the state "
        "folder",
        secret=True,
    )
    signing_algorithm: Literal["ES256", "RS256", "EdDSA"] = setting(
        "ES256", "how access tokens are signed by keys made from now on (`trivet keys rotate`): ES256, RS256 or EdDSA"
    )
    issuers: str = setting(
        "",
        "the outside issuers whose tokens are taken (docs/auth.md): a TOML file, or a folder with `issuers.toml` and "
        "the files that it names",
    )
    hasura_admin_secret: str = setting(
        "",
        "what lets a server act in any role by the header `X-Hasura-Admin-Secret`, as with Hasura (docs/hasura.md), at "
        "least 16 characters; empty: nothing does",
        secret=True,
    )
    access_token_seconds: int = setting(600, "life of an access token in seconds")
    refresh_token_seconds: int = setting(2_592_000, "seconds after which a session that nobody refreshes ends")
    refresh_grace_seconds: int = setting(10, "seconds in which a refresh may be repeated, after an answer was lost")
    login_attempts: int = setting(5, "wrong passwords, for one account from one address, before logins are delayed")
    login_delay_seconds: int = setting(2, "first delay of further logins; it doubles with each wrong password")
    login_delay_limit_seconds: int = setting(900, "longest delay of further logins")
    login_attempts_wide: int = setting(
        100,
        "wrong passwords for one account from all addresses, or from one address for all accounts, before logins are "
        "delayed from where the account has not been logged into before",
    )
    signup: bool = setting(False, "whether anybody may make an account (`POST /auth/v1/signup`)")
    signup_role: str = setting("user", "the role of accounts that were made so")
    smtp_url: str = setting(
        "",
        "the server for mail: `smtps://user:password@host:465`, `smtp+starttls://…:587`, or `smtp://host:25` in the "
        "clear; empty: no mail is sent",
        secret=True,
    )
    smtp_ca_file: str = setting("", "certificates (PEM) that the mail server's is checked by; empty: the system's")
    mail_from: str = setting("trivet@localhost", "the sender of mail")
    site_url: str = setting("", "the page that mail leads to, `token_hash` and `type` behind it; empty: the public URL")
    mail_login: bool = setting(
        False, "whether a link and a code sent by mail let an account log in (`POST /auth/v1/otp`)"
    )
    mail_change_both: bool = setting(
        True, "whether a new address of an account has to be confirmed from the old one too, by mail"
    )
    reset_seconds: int = setting(3600, "life of what is sent by mail (resets, confirmations, logins), in seconds")
    hash_slots: int = setting(2, "passwords that one process checks at the same time")

    @property
    def store_url(self) -> str:
        """The address of the accounts, the default filled in."""
        return self.accounts_url or f"sqlite:///{Path(self.state_dir).absolute() / 'accounts.db'}"

    @property
    def keys_dir(self) -> Path:
        """The folder where an early release kept its signing keys."""
        return Path(self.state_dir) / "keys"

    @property
    def master_key_path(self) -> Path:
        """The file of the master key where the settings name none."""
        return Path(self.state_dir).absolute() / MASTER_KEY_FILE
