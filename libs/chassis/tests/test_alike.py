"""Catalogs of roles share what is the same in them, and nothing that is not."""

from chassis.alike import Alike
from contracts.catalog import Catalog, Resource
from contracts.fields import Field, Guard


def _catalog(version: str, *resources: Resource, role: str = "r") -> Catalog:
    return Catalog(engine="sqlite", version=version, schemas=("main",), resources=resources, role=role)


def _resource(name: str, *fields: str, insertable: bool = False) -> Resource:
    made = tuple(Field(name=field, type="text", db_type="TEXT") for field in fields)
    return Resource(name=name, schema="main", table=name, kind="table", fields=made, insertable=insertable)


def test_equal_resources_are_one_object() -> None:
    alike = Alike()
    first = alike.shared(_catalog("1", _resource("a", "x"), _resource("b", "x", "y"), role="one"))
    second = alike.shared(_catalog("1", _resource("a", "x"), _resource("b", "x"), role="two"))
    assert second.by_name["a"] is first.by_name["a"]
    assert second.by_name["b"] == _resource("b", "x")
    assert (first.role, second.role) == ("one", "two")


def test_equal_fields_of_different_rights_are_one_object() -> None:
    alike = Alike()
    first = alike.shared(_catalog("1", _resource("a", "x", "y")))
    second = alike.shared(_catalog("1", _resource("a", "x", "y", insertable=True)))
    third = alike.shared(_catalog("1", _resource("a", "x", "y", insertable=True)))
    assert second.by_name["a"].fields is first.by_name["a"].fields
    assert (first.by_name["a"].insertable, second.by_name["a"].insertable) == (False, True)
    assert third.by_name["a"] is second.by_name["a"]


def test_another_version_begins_anew() -> None:
    alike = Alike()
    first = alike.shared(_catalog("1", _resource("a", "x")))
    second = alike.shared(_catalog("2", _resource("a", "x")))
    assert second.by_name["a"] == first.by_name["a"]
    assert second.by_name["a"] is not first.by_name["a"]


def test_protected_fields_are_shared_by_those_who_see_the_same_of_them() -> None:
    class Keys:
        pass

    stored, keys = Field(name="x", type="text", db_type="TEXT"), Keys()

    def seen(form: str, opener: Keys) -> Resource:
        guard = Guard(form=form, about="main.a.x", stored=stored, store="token", keys=opener)
        fields = (Field(name="x", type="text", db_type="TEXT", guard=guard),)
        return Resource(name="a", schema="main", table="a", kind="table", fields=fields)

    alike = Alike()
    first = alike.shared(_catalog("1", seen("clear", keys)))
    assert alike.shared(_catalog("1", seen("clear", keys))).by_name["a"] is first.by_name["a"]
    assert alike.shared(_catalog("1", seen("hidden", keys))).by_name["a"].fields[0].guard.form == "hidden"
    other = Keys()
    assert alike.shared(_catalog("1", seen("clear", other))).by_name["a"].fields[0].guard.keys is other
