"""What `trivet check` says in the access mode `database`: which roles may act, and what keeps one from it."""

from contracts.identity import ADMIN_ROLE, ANONYMOUS_ROLE
from data_service.policies import Policies
from data_service.reflect.postgres_roles import Roles
from data_service.survey.facts import Survey

from trivet_cli.check_advice import names


def faults(roles: Roles, policies: Policies) -> list[str]:
    """What keeps requests from being answered."""
    found = []
    anonymous = policies.anonymous_role
    if anonymous != ANONYMOUS_ROLE and anonymous not in roles.settings:
        there = "is not granted to the login of DATABASE_URL" if anonymous in roles.others else "is no role there"
        found.append(f"anonymous_role: {anonymous} {there}")
    if not roles.settings:
        found.append("no role is granted to the login of DATABASE_URL, so that no request could act as any")
    return found


def remarks(roles: Roles, policies: Policies, survey: Survey) -> list[str]:
    """What should be known."""
    found = [f"requests act as {names(sorted(roles.settings))}; what each may do is what the database grants it"]
    if survey.almighty:
        found.append(
            f"the login {survey.login} may do everything in this database: let it be one without rights, to which the "
            "roles are granted (create role authenticator noinherit login)"
        )
    if policies.anonymous_role == ANONYMOUS_ROLE and ANONYMOUS_ROLE not in roles.settings:
        found.append("there is no anonymous_role: who has no token is refused (PGRST302)")
    if ADMIN_ROLE not in roles.settings:
        found.append("accounts with the role admin administer accounts, and see nothing of the database")
    if policies.permissions:
        found.append("permissions in the configuration don't count: the database's grants do")
    return found
