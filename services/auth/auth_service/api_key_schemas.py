"""The bodies of the routes for API keys and revocations (marshmallow). Times are seconds since 1970."""

from marshmallow import Schema, fields, validate

from auth_service.api_keys import OVERLAP


class ApiKeyWanted(Schema):
    """What a new key is to be."""

    name = fields.String(required=True, validate=validate.Length(1, 200))
    role = fields.String(required=True, validate=validate.Length(1, 63))
    roles = fields.List(fields.String(), metadata={"description": "further roles that a request may ask for"})
    resources = fields.List(
        fields.String(validate=validate.Length(1, 200)),
        allow_none=True,
        metadata={"description": "the resources that it is limited to; `name:read` may only be read; none: no limit"},
    )
    session = fields.Dict(keys=fields.String(), values=fields.String())
    seconds = fields.Float(allow_none=True, metadata={"description": "its life; none: until it is revoked"})
    account_id = fields.UUID(allow_none=True, metadata={"description": "the account that it acts for"})


class ApiKeyBody(Schema):
    """A key, without its secret."""

    id = fields.UUID()
    prefix = fields.String(metadata={"description": "how the key begins"})
    name = fields.String()
    account_id = fields.UUID(allow_none=True)
    role = fields.String()
    roles = fields.List(fields.String())
    resources = fields.List(fields.String(), allow_none=True)
    session = fields.Dict(keys=fields.String(), values=fields.String())
    created = fields.Float()
    expires = fields.Float(allow_none=True)
    last_used = fields.Float(allow_none=True)
    revoked = fields.Float(allow_none=True)
    replaces = fields.UUID(allow_none=True, metadata={"description": "the key that it took over from"})


class ApiKeyMade(ApiKeyBody):
    """A new key, and its text."""

    key = fields.String(metadata={"description": "send it as `X-API-Key`"})


class Rotation(Schema):
    """How a key is replaced."""

    overlap = fields.Float(load_default=OVERLAP, validate=validate.Range(0, 31_536_000))


class Revocation(Schema):
    """What ends: one of these."""

    jti = fields.UUID(metadata={"description": "a single access token"})
    session_id = fields.UUID(metadata={"description": "a session, or the tokens of an API key"})
    user_id = fields.UUID(metadata={"description": "all that an account has"})
