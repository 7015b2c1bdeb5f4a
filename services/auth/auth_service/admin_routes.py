"""The routes of administrators, as Supabase's admin client asks for them."""

# flask-smorest's decorators have no types
# mypy: disable-error-code="untyped-decorator"

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from auth_service import accounts, administration, factors, schemas, tokens
from auth_service.accounts import Account
from auth_service.bodies import factor_body, private, user_body
from auth_service.login import Bearer
from auth_service.routes import PREFIX, address, require_json, this_login

_PAGE = 50
_MOST = 1000
blueprint = Blueprint("admin", __name__, url_prefix=f"{PREFIX}/admin", description="Other people's accounts")


def admin() -> Bearer:
    """The administrator who sent the request at hand. Raises `Problem` as `tokens.sender`; TRV204, TRV205."""
    who = tokens.sender(this_login())
    administration.require_admin(who)
    return who


@blueprint.route("/users", methods=["GET"])
@blueprint.arguments(schemas.PageQuery, location="query", error_status_code=400)
@blueprint.response(200, schemas.UsersBody)
@blueprint.doc(security=[{"bearer": []}])
def list_users(query: dict[str, str]) -> Response:
    """All accounts, by page."""
    admin()
    this = this_login()
    page, size = _number(query["page"], 1), min(_number(query["per_page"], _PAGE), _MOST)
    found, total = accounts.page(this.store, (page - 1) * size, size)
    answer = private({"users": [user_body(one, (), this.settings) for one in found], "aud": this.settings.audience})
    last = max((total + size - 1) // size, 1)
    links = [f'</auth/v1/admin/users?page={last}&per_page={size}>; rel="last"']
    if page < last:
        links.insert(0, f'</auth/v1/admin/users?page={page + 1}&per_page={size}>; rel="next"')
    answer.headers["X-Total-Count"], answer.headers["Link"] = str(total), ", ".join(links)
    return answer


@blueprint.route("/users", methods=["POST"])
@blueprint.arguments(schemas.AdminUserBody, error_status_code=400)
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="The address is taken, or something can't be")
@blueprint.doc(security=[{"bearer": []}])
def create(body: dict[str, Any]) -> Response:
    """Make an account."""
    require_json()
    return _user(administration.create(this_login(), admin(), body, address()))


@blueprint.route("/users/<account_id>", methods=["GET"])
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.doc(security=[{"bearer": []}])
def show(account_id: str) -> Response:
    """One account."""
    admin()
    return _user(administration.require(this_login(), account_id))


@blueprint.route("/users/<account_id>", methods=["PUT"])
@blueprint.arguments(schemas.AdminUserBody, error_status_code=400)
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.alt_response(422, schema=schemas.ErrorBody, description="The address is taken, or something can't be")
@blueprint.doc(security=[{"bearer": []}])
def change(body: dict[str, Any], account_id: str) -> Response:
    """Change an account; what its tokens say no longer holds then, so they end."""
    require_json()
    return _user(administration.change(this_login(), admin(), account_id, body, address()))


@blueprint.route("/users/<account_id>", methods=["DELETE"])
@blueprint.response(200, schemas.UserBody)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.doc(security=[{"bearer": []}])
def delete(account_id: str) -> Response:
    """Forget an account and all it has."""
    this = this_login()
    return private(user_body(administration.delete(this, admin(), account_id, address()), (), this.settings))


@blueprint.route("/users/<account_id>/logout", methods=["POST"])
@blueprint.response(204)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.doc(security=[{"bearer": []}])
def log_out(account_id: str) -> Response:
    """End all that an account has."""
    administration.end_all(this_login(), admin(), account_id, address())
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


@blueprint.route("/users/<account_id>/factors", methods=["GET"])
@blueprint.response(200, schemas.FactorBody(many=True))
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such account")
@blueprint.doc(security=[{"bearer": []}])
def list_factors(account_id: str) -> Response:
    """The second factors of an account."""
    admin()
    administration.require(this_login(), account_id)
    with this_login().store.read() as connection:
        return private([factor_body(factor) for factor in factors.of_account(connection, account_id)])


@blueprint.route("/users/<account_id>/factors/<factor_id>", methods=["DELETE"])
@blueprint.response(200)
@blueprint.alt_response(404, schema=schemas.ErrorBody, description="No such factor of this account")
@blueprint.doc(security=[{"bearer": []}])
def remove_factor(account_id: str, factor_id: str) -> Response:
    """Take a second factor away from who lost it."""
    administration.remove_factor(this_login(), admin(), account_id, factor_id, address())
    return private({"id": factor_id})


def _user(account: Account) -> Response:
    this = this_login()
    with this.store.read() as connection:
        kept = factors.of_account(connection, account.id)
    return private(user_body(account, kept, this.settings))


def _number(text: str, otherwise: int) -> int:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    return number or otherwise
