"""The bodies of auth's routes, for checking what comes and documenting what goes (marshmallow)."""

from marshmallow import EXCLUDE, Schema, fields, validate


class GrantQuery(Schema):
    """What proves the login."""

    class Meta:
        """Unknown parameters are ignored, as clients add their own."""

        unknown = EXCLUDE

    grant_type = fields.String(required=True, metadata={"description": "`password` or `refresh_token`"})


class GrantBody(Schema):
    """``email`` and ``password``, or ``refresh_token``, as the kind of grant needs."""

    class Meta:
        """Unknown members are ignored: clients send empty ones of features that are not here."""

        unknown = EXCLUDE

    email = fields.String(validate=validate.Length(max=1024))
    phone = fields.String(allow_none=True, metadata={"description": "refused: accounts have no phone numbers"})
    password = fields.String(validate=validate.Length(max=1024), metadata={"format": "password"})
    refresh_token = fields.String(validate=validate.Length(max=1024))


class LogoutQuery(Schema):
    """Which sessions end."""

    class Meta:
        """Unknown parameters are ignored."""

        unknown = EXCLUDE

    scope = fields.String(load_default="global", validate=validate.OneOf(["global", "local", "others"]))


class UserBody(Schema):
    """An account as its owner sees it."""

    id = fields.UUID()
    aud = fields.String(metadata={"description": "the audience of its tokens"})
    role = fields.String(metadata={"description": "the default role"})
    email = fields.Email()
    new_email = fields.Email(metadata={"description": "the address to be, where one waits to be confirmed"})
    email_change_sent_at = fields.DateTime()
    phone = fields.String(metadata={"description": "always empty"})
    email_confirmed_at = fields.DateTime(allow_none=True)
    confirmed_at = fields.DateTime(allow_none=True)
    last_sign_in_at = fields.DateTime(allow_none=True)
    app_metadata = fields.Dict(metadata={"description": "what only an operator changes: `roles` and `provider`"})
    user_metadata = fields.Dict(metadata={"description": "what the owner says of themselves"})
    identities = fields.List(fields.Dict())
    factors = fields.List(fields.Dict(), metadata={"description": "second factors, without their secrets"})
    created_at = fields.DateTime()
    updated_at = fields.DateTime()
    is_anonymous = fields.Boolean()


class SessionBody(Schema):
    """A login that holds."""

    access_token = fields.String(metadata={"description": "send it as `Authorization: Bearer …`"})
    token_type = fields.Constant("bearer")
    expires_in = fields.Integer(metadata={"description": "seconds"})
    expires_at = fields.Integer(metadata={"description": "seconds since 1970"})
    refresh_token = fields.String(metadata={"description": "good for one refresh"})
    user = fields.Nested(UserBody)


class HealthBody(Schema):
    """That auth is there."""

    name = fields.String()
    version = fields.String()
    description = fields.String()


class SettingsBody(Schema):
    """What can be done here, as clients ask for it."""

    external = fields.Dict(metadata={"description": "ways to log in; `email` is the only one that can be on"})
    disable_signup = fields.Boolean()
    mailer_autoconfirm = fields.Boolean(metadata={"description": "whether a new account needs no confirmation"})
    phone_autoconfirm = fields.Boolean()
    sms_provider = fields.String()
    saml_enabled = fields.Boolean()


class KeySetBody(Schema):
    """A JSON Web Key Set (RFC 7517)."""

    keys = fields.List(fields.Dict())


class ErrorBody(Schema):
    """Every error of auth."""

    code = fields.String(metadata={"description": "what went wrong, in a word"})
    error_code = fields.String(metadata={"description": "the same, for older clients"})
    msg = fields.String(metadata={"description": "what went wrong, in a sentence"})


class Lenient(Schema):
    """A body whose unknown members are ignored: clients send those of features that are not here."""

    class Meta:
        """See above."""

        unknown = EXCLUDE


class SignupBody(Lenient):
    """A new account."""

    email = fields.String(allow_none=True, validate=validate.Length(max=320))
    phone = fields.String(allow_none=True, metadata={"description": "refused: accounts have no phone numbers"})
    password = fields.String(allow_none=True, validate=validate.Length(max=1024), metadata={"format": "password"})
    data = fields.Dict(allow_none=True, metadata={"description": "becomes `user_metadata`"})


class ChangeBody(Lenient):
    """What the owner of an account changes."""

    email = fields.String(
        allow_none=True,
        validate=validate.Length(max=320),
        metadata={"description": "the address to be, once it was confirmed by mail"},
    )
    phone = fields.String(allow_none=True, metadata={"description": "refused: accounts have no phone numbers"})
    password = fields.String(allow_none=True, validate=validate.Length(max=1024), metadata={"format": "password"})
    nonce = fields.String(
        allow_none=True,
        validate=validate.Length(max=64),
        metadata={"description": "the code that `GET /reauthenticate` sent, in the place of `current_password`"},
    )
    current_password = fields.String(
        allow_none=True,
        validate=validate.Length(max=1024),
        metadata={"format": "password", "description": "needed where the login was more than a day ago"},
    )
    data = fields.Dict(allow_none=True, metadata={"description": "merged into `user_metadata`; null takes away"})


class EmailBody(Lenient):
    """An address."""

    email = fields.String(required=True, validate=validate.Length(min=1, max=320))


class OtpBody(Lenient):
    """Who wants to log in by mail."""

    email = fields.String(allow_none=True, validate=validate.Length(max=320))
    phone = fields.String(allow_none=True, metadata={"description": "refused: accounts have no phone numbers"})
    create_user = fields.Boolean(load_default=True, allow_none=True)
    data = fields.Dict(allow_none=True, metadata={"description": "becomes `user_metadata` of a new account"})


class ResendBody(Lenient):
    """What is to be sent once more, and whereto."""

    type = fields.String(required=True, metadata={"description": "`signup` or `email_change`"})
    email = fields.String(allow_none=True, validate=validate.Length(max=320))


class VerifyBody(Lenient):
    """A token from a mail, or the code beside it with the address that it was sent to."""

    type = fields.String(
        required=True,
        metadata={"description": "`signup`, `recovery`, `magiclink`, `email` (either of the last), `email_change`"},
    )
    token_hash = fields.String(allow_none=True, validate=validate.Length(max=200))
    token = fields.String(allow_none=True, validate=validate.Length(max=200))
    email = fields.String(allow_none=True, validate=validate.Length(max=320))


class OwnSessionBody(Schema):
    """A session of one's own."""

    id = fields.UUID()
    current = fields.Boolean(metadata={"description": "whether it is the one that asks"})
    aal = fields.String(metadata={"description": "`aal1`, or `aal2` where a second factor was shown"})
    amr = fields.List(fields.Dict())
    ip = fields.String()
    user_agent = fields.String()
    created_at = fields.DateTime()
    refreshed_at = fields.DateTime(allow_none=True)
    not_after = fields.DateTime()


class EnrollBody(Lenient):
    """A factor to be."""

    factor_type = fields.String(required=True)
    friendly_name = fields.String(allow_none=True, validate=validate.Length(max=200))
    issuer = fields.String(allow_none=True, validate=validate.Length(max=200))


class EnrolledBody(Schema):
    """A factor and its secret, which is shown only here."""

    id = fields.UUID()
    type = fields.Constant("totp")
    friendly_name = fields.String()
    totp = fields.Dict(metadata={"description": "`qr_code` (SVG), `secret` (base32) and `uri` (otpauth:)"})


class FactorBody(Schema):
    """A factor without its secret."""

    id = fields.UUID()
    friendly_name = fields.String()
    factor_type = fields.String()
    status = fields.String(metadata={"description": "`verified` once a code of it was shown"})
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class ChallengeBody(Schema):
    """A code is awaited."""

    id = fields.UUID()
    type = fields.Constant("totp")
    expires_at = fields.Integer(metadata={"description": "seconds since 1970"})


class CodeBody(Lenient):
    """A code for a challenge."""

    challenge_id = fields.String(required=True, validate=validate.Length(max=36))
    code = fields.String(required=True, validate=validate.Length(max=64))


class ShownBody(SessionBody):
    """The session, now of two factors."""

    recovery_codes = fields.List(fields.String(), metadata={"description": "with the account's first factor"})


class CodesLeftBody(Schema):
    """How many are unused."""

    left = fields.Integer()


class CodesBody(Schema):
    """Ten codes, each good once in the place of a factor's."""

    recovery_codes = fields.List(fields.String())


class SoapSecretBody(Schema):
    """A SOAP secret without itself."""

    created_at = fields.DateTime()


class SoapSecretMadeBody(SoapSecretBody):
    """A SOAP secret, shown only here."""

    secret = fields.String(metadata={"description": "the password that PasswordDigest is made with"})


class AdminUserBody(Lenient):
    """An account as an administrator makes or changes it."""

    email = fields.String(allow_none=True, validate=validate.Length(max=320))
    password = fields.String(allow_none=True, validate=validate.Length(max=1024), metadata={"format": "password"})
    role = fields.String(allow_none=True, metadata={"description": "the default role"})
    app_metadata = fields.Dict(
        allow_none=True, metadata={"description": "`roles`: all roles; `session`: variables for policies"}
    )
    user_metadata = fields.Dict(allow_none=True)
    ban_duration = fields.String(
        allow_none=True, metadata={"description": "`none` lets the account log in; anything else disables it"}
    )


class PageQuery(Lenient):
    """A page of a list; what is no number counts as none."""

    page = fields.String(load_default="")
    per_page = fields.String(load_default="")


class UsersBody(Schema):
    """A page of accounts."""

    users = fields.List(fields.Nested(UserBody))
    aud = fields.String()
