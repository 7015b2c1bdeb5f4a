"""The tree of a read while its parameters come together: the root and its embeds, each with what concerns it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from contracts.filters import And, Compare, Exists, Filter, Is, Not, Or, Param, RelationRef
from contracts.operations import Embed, FieldOutput, Node, Output, Shape, Sort
from contracts.problems import Problem

from rest_service.grammar.select import EmbedItem, Item


@dataclass
class Branch:
    """One level: the embed that leads here (None: the root), its children, and the parameters given for it."""

    embed: EmbedItem | None
    items: tuple[Item, ...]
    children: list["Branch"] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    having: list[Filter] = field(default_factory=list)
    sort: list[Sort] = field(default_factory=list)
    span: dict[str, str] = field(default_factory=dict)  # limit and offset as they were written
    limit: Param | None = None
    offset: Param | None = None

    @property
    def key(self) -> str:
        """The response key: the alias, else the relation as it was named."""
        return "" if self.embed is None else self.embed.alias or self.embed.relation.name

    @property
    def relation(self) -> RelationRef:
        """The relation that leads here; the root has none."""
        return RelationRef("") if self.embed is None else self.embed.relation

    @property
    def hidden(self) -> bool:
        """True for an embed with empty parentheses, or with such embeds alone: it only filters."""
        return len(self.children) == len(self.items) and all(child.hidden for child in self.children)

    @property
    def inner(self) -> bool:
        """True where rows without a related row are left out."""
        return self.embed is not None and self.embed.join == "inner"


def grow(items: tuple[Item, ...], embed: EmbedItem | None = None) -> Branch:
    """The tree of a selection."""
    branch = Branch(embed, items)
    branch.children = [grow(item.items, item) for item in items if isinstance(item, EmbedItem)]
    return branch


def find(root: Branch, path: Iterable[str]) -> Branch:
    """The branch at a path of aliases or names. Raises `Problem` PGRST108 where it is not selected."""
    branch = root
    for name in path:
        branch = _child(branch, name)
    return branch


def within(branch: Branch, name: str) -> Branch | None:
    """The branch of an embed of this name or alias right below; None where none is selected."""
    return next((child for child in branch.children if name in (child.key, child.relation.name)), None)


def _child(branch: Branch, name: str) -> Branch:
    for child in branch.children:
        if child.key == name:
            return child
    for child in branch.children:  # older clients name the table although it has an alias
        if child.relation.name == name:
            return child
    raise Problem(
        "PGRST108",
        f"'{name}' is not an embedded resource in this request",
        hint=f"Verify that '{name}' is included in the 'select' query parameter.",
    )


def embeds(root: Branch) -> Iterator[Branch]:
    """All branches below the root."""
    for child in root.children:
        yield child
        yield from embeds(child)


def build(branch: Branch, shape: Shape = "many") -> Node:
    """The node of a branch with all below it. Raises `Problem` PGRST108."""
    return Node(
        outputs=_outputs(branch),
        filter=restriction(branch),
        sort=tuple(_resolve_sort(term, branch) for term in branch.sort),
        limit=branch.limit,
        offset=branch.offset,
        having=_all_of(branch.having),
        shape=shape,
    )


def returning(branch: Branch, shape: Shape) -> Node:
    """The node that reads written rows back: the root's own filter, order and page are the write's affair."""
    return Node(outputs=_outputs(branch), shape=shape)


def restriction(branch: Branch) -> Filter | None:
    """The filter of a branch: its parameters, and the hidden embeds that only keep rows with a related one."""
    hidden = (_exists(child) for child in branch.children if child.inner and child.hidden)
    return _all_of([*(_resolve(item, branch) for item in branch.filters), *hidden])


def _outputs(branch: Branch) -> tuple[Output, ...]:
    children = iter(branch.children)
    found: list[Output] = []
    for item in branch.items:
        if not isinstance(item, EmbedItem):
            if item not in found:
                found.append(item)
            continue
        child = next(children)
        # a hidden one gives nothing, but its names must be right; what it filters stands in `restriction`
        join = "left" if child.hidden else item.join
        found.append(Embed(child.key, child.relation, build(child), join, item.spread))
    return tuple(found)


def _exists(child: Branch) -> Exists:
    """Some row of the embed exists: its own filter holds, and its inner embeds have rows in their turn."""
    inner = (_exists(below) for below in child.children if below.inner)
    return Exists(child.relation, _all_of([*(_resolve(item, child) for item in child.filters), *inner]))


def _all_of(filters: list[Filter]) -> Filter | None:
    if len(filters) > 1:
        return And(tuple(filters))
    return filters[0] if filters else None


def _resolve(item: Filter, branch: Branch) -> Filter:
    """The filter with comparisons of embeds with null turned into what they ask: whether related rows exist."""
    if not branch.children:
        return item
    if isinstance(item, And):
        return And(tuple(_resolve(part, branch) for part in item.items))
    if isinstance(item, Or):
        return Or(tuple(_resolve(part, branch) for part in item.items))
    if isinstance(item, Not):
        inner = _resolve(item.item, branch)
        return inner.item if isinstance(inner, Not) and isinstance(inner.item, Exists) else Not(inner)
    if isinstance(item, Compare | Is) and not item.left.path:
        for child in branch.children:
            if child.key == item.left.name:
                return _null_embed(item, child)
    return item


def _null_embed(item: Compare | Is, child: Branch) -> Filter:
    if isinstance(item, Is) and item.value in ("null", "not_null"):
        exists = _exists(child)
        return exists if item.value == "not_null" else Not(exists)
    return item  # of a column of the same name, if there is one


def _resolve_sort(term: Sort, branch: Branch) -> Sort:
    if not term.via:
        return term
    child = _child(branch, term.via[0].name)
    field = term.field
    if field is not None and not field.path:  # by what it is called in the embed, too
        named = (item.field for item in child.items if isinstance(item, FieldOutput) and item.key == field.name)
        field = next(named, field)
    return Sort(field, descending=term.descending, nulls=term.nulls, via=(child.relation,))
