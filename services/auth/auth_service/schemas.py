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
    phone = fields.String(metadata={"description": "always empty"})
    email_confirmed_at = fields.DateTime()
    confirmed_at = fields.DateTime()
    last_sign_in_at = fields.DateTime(allow_none=True)
    app_metadata = fields.Dict(metadata={"description": "what only an operator changes: `roles` and `provider`"})
    user_metadata = fields.Dict()
    identities = fields.List(fields.Dict())
    created_at = fields.DateTime()
    updated_at = fields.DateTime()
    is_anonymous = fields.Boolean()


class SessionBody(Schema):
    """A login that holds."""

    access_token = fields.String(metadata={"description": "ES256; send it as `Authorization: Bearer …`"})
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


class KeySetBody(Schema):
    """A JSON Web Key Set (RFC 7517)."""

    keys = fields.List(fields.Dict())


class ErrorBody(Schema):
    """Every error of auth."""

    code = fields.String(metadata={"description": "what went wrong, in a word"})
    error_code = fields.String(metadata={"description": "the same, for older clients"})
    msg = fields.String(metadata={"description": "what went wrong, in a sentence"})
