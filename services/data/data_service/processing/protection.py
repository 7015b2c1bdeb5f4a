"""Protection: the catalog with its protected fields as each role sees them, directly or through a view."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from contracts.catalog import Catalog, Relation, Resource, Writable
from contracts.fields import Field, Guard
from contracts.identity import unnarrowed

from data_service.processing.protect import CLEAR, HIDDEN, ProtectRule, Sight
from data_service.processing.rules import Processing
from data_service.reflect.lineage import Lineage, Spot

_INDEX = ProtectRule()


@dataclass(frozen=True)
class Protected:
    """A protected column: its ``rule``, or those that it is ``made_of``; ``origin`` is where its values come from.

    ``index``: the column, at the same place, that holds its blind index. ``is_index``: it is one itself.
    """

    origin: Spot
    rule: ProtectRule | None = None
    made_of: tuple["Protected", ...] = ()
    index: str | None = None
    is_index: bool = False

    @property
    def about(self) -> str:
        """The origin in one word, to which what is sealed and hashed is tied."""
        return ".".join(self.origin)

    @property
    def store(self) -> str:
        """How its values are kept."""
        return "plain" if self.rule is None else self.rule.store

    def sight(self, role: str) -> Sight:
        """How a role sees it; what is made of protected values is seen by those who see all of these as they are."""
        if self.rule is not None:
            return self.rule.sight(role)
        clear = all(one.sight(role).form == "clear" and one.store == "plain" for one in self.made_of)
        return CLEAR if clear else HIDDEN


@dataclass(frozen=True)
class Protections:
    """All protected columns, by resource and field; ``keys`` hash and open what is kept otherwise than it is."""

    by_field: Mapping[tuple[str, str], Protected] = field(default_factory=dict)
    keys: Any = None

    def kept(self, catalog: Catalog) -> Catalog:
        """The full catalog with the fields marked that are not kept as they are; it shows their values as they are."""
        return self._with_fields(catalog, self._kept)

    def stored(self, catalog: Catalog) -> Catalog:
        """The full catalog with every field as the database has it."""
        return self._with_fields(catalog, lambda _, item: _stored(item))

    def seen(self, catalog: Catalog, role: str) -> Catalog:
        """A full catalog with every field as a role sees it, whether or not it may read it at all."""
        name = unnarrowed(role)[0]
        return self._with_fields(catalog, lambda resource, item: self._seen(resource, item, name))

    def limited(self, catalog: Catalog, role: str) -> Catalog:
        """The catalog of a role with its fields as it sees them, without keys and relations that would tell more."""
        if not self.by_field:
            return catalog
        name = unnarrowed(role)[0]
        resources = tuple(self._limited(resource, name) for resource in catalog.resources)
        indexes = {key for key, protected in self.by_field.items() if protected.is_index}
        return msgspec.structs.replace(
            catalog,
            resources=resources,
            writable={key: _without(writable, key, indexes) for key, writable in catalog.writable.items()},
            hidden={
                key: tuple(_stored(item) for item in fields if (key, item.name) not in indexes)
                for key, fields in catalog.hidden.items()
            },
        )

    def returned(self, role: str, resource: Resource) -> tuple[Field, ...]:
        """The fields of rows that a function gives past the resource's policy; not those that Python has to open."""
        name = unnarrowed(role)[0]
        shown = (self._seen(resource.name, item, name) for item in resource.fields)
        return tuple(
            item
            for item in shown
            if not self._is_index(resource.name, item.name) and (item.guard is None or item.guard.in_sql)
        )

    def shown(self, catalog: Catalog) -> Catalog:
        """A role's catalog as facades get it: its fields as they are seen, without how that is done."""
        if not self.by_field:
            return catalog
        replace_ = msgspec.structs.replace
        bare = self._with_fields(catalog, lambda _, item: _bare(item))
        functions = tuple(
            replace_(
                function,
                returns=replace_(function.returns, fields=tuple(_bare(item) for item in function.returns.fields)),
            )
            for function in bare.functions
        )
        return replace_(bare, functions=functions)

    def told(self, processing: Processing) -> list[str]:
        """What an operator should know: which fields are protected though no rule names them."""
        named = {(resource, name) for resource, name, _ in _rules(processing)}
        tales = []
        for (resource, name), protected in sorted(self.by_field.items()):
            if (resource, name) in named or protected.is_index:
                continue
            if protected.rule is not None:
                tales.append(f"{resource}.{name} has the values of {protected.about}, and is protected as that is")
            else:
                of = ", ".join(sorted({one.about for one in protected.made_of}))
                tales.append(
                    f"{resource}.{name} is, or may be, made of {of}: it is hidden from all who don't see these; "
                    "a `protect` of its own decides otherwise"
                )
        return tales

    def _with_fields(self, catalog: Catalog, change: Any) -> Catalog:
        if not self.by_field:
            return catalog
        resources = tuple(
            msgspec.structs.replace(resource, fields=tuple(change(resource.name, item) for item in resource.fields))
            if any((resource.name, item.name) in self.by_field for item in resource.fields)
            else resource
            for resource in catalog.resources
        )
        return msgspec.structs.replace(catalog, resources=resources)

    def _kept(self, resource: str, item: Field) -> Field:
        protected = self.by_field.get((resource, item.name))
        if protected is None or protected.store == "plain":
            return item
        return _guarded(item, self._guard(protected, item, CLEAR))

    def _seen(self, resource: str, item: Field, role: str) -> Field:
        protected = self.by_field.get((resource, item.name))
        if protected is None:
            return item
        stored = _stored(item)
        if _is_as_kept(protected, role):
            return stored
        return _guarded(stored, self._guard(protected, stored, protected.sight(role)))

    def _guard(self, protected: Protected, stored: Field, sight: Sight) -> Guard:
        return Guard(
            form=sight.form,
            about=protected.about,
            stored=stored,
            parts=sight.parts,
            store=protected.store,  # type: ignore[arg-type]  # one of its words
            index=protected.index,
            keys=self.keys,
        )

    def _limited(self, resource: Resource, role: str) -> Resource:
        fields = tuple(
            self._seen(resource.name, item, role)
            for item in resource.fields
            if not self._is_index(resource.name, item.name)
        )
        # what Python opens is not asked whether the row at hand is one in which the role sees the field
        fields = tuple(item for item in fields if item.cell is None or item.guard is None)
        whole = {item.name for item in fields if item.guard is None or item.guard.form == "clear"}
        return msgspec.structs.replace(
            resource,
            fields=fields,
            key=resource.key if whole.issuperset(resource.key) else (),
            uniques=tuple(unique for unique in resource.uniques if whole.issuperset(unique.fields)),
            relations=tuple(found for found in resource.relations if self._passable(resource.name, found, role)),
            inherited=tuple(found for found in resource.inherited if self._passable(resource.name, found, role)),
            row_functions=resource.row_functions if self._shows_rows(resource.name, role) else (),
        )

    def _shows_rows(self, resource: str, role: str) -> bool:
        """Whether a function may make something of whole rows, as they are kept: that can't be held back in part.

        All protected fields count, those too that the role has no permission to select.
        """
        mine = (protected for (name, _), protected in self.by_field.items() if name == resource)
        return all(_is_as_kept(protected, role) for protected in mine if not protected.is_index)

    def _is_index(self, resource: str, name: str) -> bool:
        protected = self.by_field.get((resource, name))
        return protected is not None and protected.is_index

    def _passable(self, resource: str, relation: Relation, role: str) -> bool:
        """A relation may be followed where it joins by nothing that is hidden: else it would tell which are equal."""
        between = relation.junction
        near = relation.target if between is None else between.resource
        ends = [(resource, own) for own, _ in relation.pairs] + [(near, other) for _, other in relation.pairs]
        if between is not None:
            ends += [(near, own) for own, _ in between.onward] + [
                (relation.target, other) for _, other in between.onward
            ]
        return all(self._joins(self.by_field.get(end), role) for end in ends)

    def _joins(self, protected: Protected | None, role: str) -> bool:
        return protected is None or (
            protected.store != "sealed" and protected.sight(role).form in ("clear", "token") and not protected.is_index
        )


def _is_as_kept(protected: Protected, role: str) -> bool:
    """Whether a role sees a field's values as they are kept."""
    form = protected.sight(role).form
    return form == "token" or (form == "clear" and protected.store == "plain")


NO_PROTECTIONS = Protections()


def protections_of(catalog: Catalog, processing: Processing, lineage: Lineage, keys: Any) -> Protections:
    """The protection of every column that a rule is about, or that has its values from one."""
    return _Resolution(catalog, processing, lineage).resolved(keys)


def wanted(processing: Processing) -> bool:
    """True where any field is protected."""
    return any(True for _ in _rules(processing))


def needs_keys(processing: Processing) -> bool:
    """True where protection takes keys: something is hashed, tokenised or encrypted."""
    return any(
        rule.store != "plain" or any(sight.form == "hash" for sight in (rule.mask, *rule.roles.values()))
        for _, _, rule in _rules(processing)
    )


def _rules(processing: Processing) -> Iterable[tuple[str, str, ProtectRule]]:
    for resource, rules in processing.by_resource.items():
        for name, item in rules.fields.items():
            if isinstance(item.protect, ProtectRule):
                yield resource, name, item.protect


class _Resolution:
    """Rules followed along the lineage until nothing new is found."""

    def __init__(self, catalog: Catalog, processing: Processing, lineage: Lineage) -> None:
        self._catalog = catalog
        self._lineage = lineage
        self._found: dict[Spot, Protected | None] = {}  # None: a rule says that it is open
        for resource, name, rule in _rules(processing):
            table = catalog.by_name.get(resource)
            if table is not None:
                self._rule((table.schema, table.table, name), rule)

    def _rule(self, spot: Spot, rule: ProtectRule) -> None:
        self._found[spot] = None if rule.open else Protected(spot, rule, index=rule.index)
        if rule.index is not None:
            self._found[(*spot[:2], rule.index)] = Protected(spot, _INDEX, is_index=True)

    def resolved(self, keys: Any) -> Protections:
        while self._spread():
            pass
        by_field = {}
        for resource in self._catalog.resources:
            for item in resource.fields:
                protected = self._protected(resource, item)
                if protected is not None:
                    by_field[resource.name, item.name] = protected
        return Protections(by_field, keys)

    def _protected(self, resource: Resource, item: Field) -> Protected | None:
        spot = (resource.schema, resource.table, item.name)
        if item.origin != "expression":
            return self._found.get(spot)
        sources = [self._found.get((*spot[:2], name)) for name in item.expression[1::2]]
        made_of = tuple(one for one in sources if one is not None)
        return Protected(spot, made_of=made_of) if made_of else None

    def _spread(self) -> bool:
        """Protect what has its values from what is protected by now; True where something was."""
        new: dict[Spot, Protected] = {}
        for spot, sources in self._lineage.same.items():
            found = [one for source in sorted(sources) if (one := self._found.get(source)) is not None]
            if found and spot not in self._found:
                new[spot] = self._copy(spot, found)
        for spot, sources in self._lineage.derived.items():
            made_of = [one for source in sorted(sources) if (one := self._found.get(source)) is not None]
            if made_of and spot not in self._found and spot not in new:
                new[spot] = Protected(spot, made_of=tuple(made_of))
        self._found.update(new)
        return bool(new)

    def _copy(self, spot: Spot, found: list[Protected]) -> Protected:
        """A column with the very values of others: protected as they are, and closed where they differ."""
        first = found[0]
        if any(other.rule != first.rule or other.origin != first.origin for other in found):
            return Protected(spot, made_of=tuple(found))
        return replace(first, index=self._index_beside(spot, first))

    def _index_beside(self, spot: Spot, protected: Protected) -> str | None:
        """The column beside this one that has the values of its blind index; empty where that has been left out."""
        if protected.index is None:
            return None
        origin = (*protected.origin[:2], protected.index)
        for one, sources in self._lineage.same.items():
            if one[:2] == spot[:2] and origin in self._origins(one, sources):
                return one[2]
        return ""

    def _origins(self, spot: Spot, sources: Iterable[Spot]) -> set[Spot]:
        found, todo = {spot}, list(sources)
        while todo:
            at = todo.pop()
            if at not in found:
                found.add(at)
                todo.extend(self._lineage.same.get(at, ()))
        return found


def _guarded(stored: Field, guard: Guard) -> Field:
    """The field as its guard lets it be seen."""
    if guard.form == "hidden" and guard.store == "plain":
        return msgspec.structs.replace(stored, nullable=True, guard=guard)
    text = {"type": "text", "db_type": "text", "length": None, "precision": None, "scale": None, "values": ()}
    return msgspec.structs.replace(
        stored,
        **{**text, "element": None, "domain": None},
        nullable=stored.nullable or guard.form == "hidden",
        filterable=guard.in_sql or guard.searchable,
        guard=guard,
    )


def _bare(item: Field) -> Field:
    """A field as facades get it; a value that is shown otherwise than it is need not be one of an enum's."""
    return item if item.guard is None else msgspec.structs.replace(item, guard=None, enum=None)


def _stored(item: Field) -> Field:
    return item if item.guard is None else item.guard.stored


def _without(writable: Writable, resource: str, indexes: set[tuple[str, str]]) -> Writable:
    gone = {name for key, name in indexes if key == resource}
    return Writable(
        create=None if writable.create is None else writable.create - gone,
        update=None if writable.update is None else writable.update - gone,
    )
