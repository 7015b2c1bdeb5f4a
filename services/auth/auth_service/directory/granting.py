"""Groups of the directory to roles of the suite."""

from collections.abc import Iterable

from auth_service.directory.config import Directory
from auth_service.directory.link import Entry
from auth_service.directory.names import NameFault, below, common_name, fold_dn


def roles_of(directory: Directory, groups: Iterable[str]) -> tuple[str, ...]:
    """The roles that groups, by their DNs, give: the most important first, which is the default one; empty: none.

    A group that the settings name without a path counts only where it is below the groups' base: whoever may make
    groups elsewhere must not make an administrators' group of their own.
    """
    names: set[str] = set()
    for dn in groups:
        try:
            names.add(fold_dn(dn))
            if below(dn, directory.group_base):
                names.add(common_name(dn))
        except NameFault:
            continue
    roles = [rule.role for rule in directory.roles if rule.group in names]
    if not roles and directory.default_role:
        roles = [directory.default_role]
    return tuple(dict.fromkeys(roles))


def variables_of(directory: Directory, entry: Entry) -> dict[str, str]:
    """The session variables that the entry's attributes give; one without a value gives none."""
    found = ((name, entry.text(attribute)) for name, attribute in directory.variables)
    return {name: value for name, value in found if value}
