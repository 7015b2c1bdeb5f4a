"""Names of resources and relations, and relations from foreign keys, without a database."""

import pytest
from contracts.catalog import Relation, Resource
from contracts.fields import Field
from data_service.reflect.assemble import assemble
from data_service.reflect.naming import name_resources
from data_service.reflect.options import Exposure, ExposureError
from data_service.reflect.relations import ForeignKey, relate


def table(name: str, *fields: str, nullable: tuple[str, ...] = ()) -> Resource:
    columns = tuple(Field(name=f, type="int4", db_type="integer", nullable=f in nullable) for f in fields)
    return Resource(name=name, schema="public", table=name, kind="table", fields=columns)


def key(source: str, fields: str, target: str, name: str | None = None, onto: str = "id") -> ForeignKey:
    columns = tuple(fields.split())
    return ForeignKey(name or f"{source}_{'_'.join(columns)}_fkey", source, columns, target, tuple(onto.split()))


def relations(resources, keys, uniques=None, wished=None) -> dict[str, dict[str, Relation]]:
    sets = {name: [frozenset(one.split()) for one in ones] for name, ones in (uniques or {}).items()}
    return {r.name: r.relations_by_name for r in relate(resources, keys, sets, wished or {})}


def test_the_column_without_id_names_the_way_to_one_and_the_table_the_way_back():
    found = relations(
        [table("customer", "id"), table("orders", "id", "customer_id")], [key("orders", "customer_id", "customer")]
    )
    to_one, back = found["orders"]["customer"], found["customer"]["orders"]
    assert (to_one.target, to_one.cardinality, to_one.pairs, to_one.owning, to_one.optional, to_one.unique) == (
        "customer", "one", (("customer_id", "id"),), True, False, False,
    )  # fmt: skip
    assert (back.target, back.cardinality, back.pairs, back.owning, back.unique) == (
        "orders", "many", (("id", "customer_id"),), False, False,
    )  # fmt: skip


def test_a_nullable_or_unchecked_foreign_key_makes_the_target_optional():
    resources = [table("a", "id"), table("b", "id", "a_id", "x", nullable=("a_id",))]
    assert relations(resources, [key("b", "a_id", "a")])["b"]["a"].optional
    unchecked = ForeignKey("k", "b", ("x",), "a", ("id",), enforced=False)
    assert relations(resources, [unchecked])["b"]["a"].optional
    assert not relations(resources, [key("b", "x", "a")])["b"]["a"].optional


def test_a_column_without_id_and_a_composite_key_take_the_targets_name():
    resources = [table("line", "a", "b"), table("note", "id", "line_a", "line_b"), table("part", "whole")]
    found = relations(
        resources, [key("note", "line_a line_b", "line", onto="a b"), key("part", "whole", "line", onto="a")]
    )
    assert found["note"]["line"].pairs == (("line_a", "a"), ("line_b", "b"))
    assert found["line"]["note"].pairs == (("a", "line_a"), ("b", "line_b"))
    assert found["part"]["line"].pairs == (("whole", "a"),)


def test_two_foreign_keys_to_one_table_both_say_their_column_on_the_way_back():
    resources = [table("city", "id"), table("flight", "id", "from_id", "to_id")]
    found = relations(resources, [key("flight", "to_id", "city"), key("flight", "from_id", "city")])
    assert list(found["flight"]) == ["from", "to"]
    assert list(found["city"]) == ["flight_by_from_id", "flight_by_to_id"]


def test_a_relation_never_has_the_name_of_a_field():
    resources = [table("customer", "id", "orders"), table("orders", "id", "customer", "customer_id")]
    found = relations(resources, [key("orders", "customer_id", "customer")])
    assert list(found["orders"]) == ["customer_by_customer_id"]
    assert list(found["customer"]) == ["orders_by_customer_id"]
    itself = relations([table("node", "id", "node")], [key("node", "node", "node")])
    assert len(itself["node"]) == 2
    assert "node" not in itself["node"]


def test_a_self_reference_has_both_ends():
    found = relations([table("category", "id", "parent_id")], [key("category", "parent_id", "category")])["category"]
    assert found["parent"].cardinality == "one"
    assert found["category"].pairs == (("id", "parent_id"),)
    plain = relations([table("tree", "id", "up")], [key("tree", "up", "tree")])["tree"]
    assert plain["tree"].cardinality == "many"
    assert plain["tree_by_up"].owning


def test_one_column_to_two_tables_is_told_apart_by_the_target():
    resources = [table("product", "id"), table("stock", "id"), table("item", "product_id")]
    found = relations(
        resources, [key("item", "product_id", "product"), key("item", "product_id", "stock", name="other")]
    )
    assert sorted(found["item"]) == ["product_by_product_id", "stock_by_product_id"]


def test_the_way_to_one_and_the_way_back_may_clash():
    resources = [table("customer", "id", "last_id"), table("orders", "id", "customer_id")]
    found = relations(resources, [key("customer", "last_id", "orders"), key("orders", "customer_id", "customer")])
    assert list(found["orders"]) == ["customer_by_customer_id", "customer_by_last_id"]


def test_a_unique_foreign_key_is_one_to_one():
    resources = [table("person", "id"), table("passport", "person_id", "no")]
    found = relations(resources, [key("passport", "person_id", "person")], {"passport": ["person_id"]})
    back = found["person"]["passport"]
    assert (back.cardinality, back.unique, back.optional, back.owning) == ("one", True, True, False)
    assert found["passport"]["person"].unique


def test_a_unique_key_wider_than_the_foreign_key_is_not_one_to_one():
    resources = [table("person", "id"), table("passport", "person_id", "no")]
    found = relations(resources, [key("passport", "person_id", "person")], {"passport": ["person_id no"]})
    assert found["person"]["passport"].cardinality == "many"


def test_a_junction_joins_both_its_targets():
    resources = [table("product", "id"), table("product_tag", "product_id", "tag_id"), table("tag", "id")]
    keys = [key("product_tag", "product_id", "product"), key("product_tag", "tag_id", "tag")]
    found = relations(resources, keys, {"product_tag": ["product_id tag_id"]})
    tags = found["product"]["tag"]
    assert (tags.cardinality, tags.pairs, tags.constraint) == ("many", (("id", "product_id"),), keys[0].constraint)
    assert tags.junction is not None
    assert (tags.junction.resource, tags.junction.constraint, tags.junction.onward_constraint, tags.junction.onward) == (
        "product_tag", keys[0].constraint, keys[1].constraint, (("tag_id", "id"),),
    )  # fmt: skip
    assert sorted(found["tag"]) == ["product", "product_tag"]
    assert sorted(relations(resources, keys, {"product_tag": ["product_id"]})["product"]) == ["product_tag"]


def test_a_junction_gives_way_to_a_direct_relation():
    resources = [table("tag", "id", "product_id"), table("product", "id"), table("link", "product_id", "tag_id")]
    keys = [key("tag", "product_id", "product"), key("link", "product_id", "product"), key("link", "tag_id", "tag")]
    found = relations(resources, keys, {"link": ["product_id tag_id"]})["product"]
    assert found["tag"].junction is None
    assert found["tag_by_link"].junction is not None


def test_a_junction_from_a_table_to_itself_goes_both_ways():
    resources = [table("person", "id"), table("friend", "one_id", "other_id")]
    keys = [key("friend", "one_id", "person"), key("friend", "other_id", "person")]
    found = relations(resources, keys, {"friend": ["one_id other_id"]})["person"]
    assert sorted(found) == [
        "friend_by_one_id", "friend_by_other_id", "person_by_friend_one_id", "person_by_friend_other_id",
    ]  # fmt: skip
    onward = found["person_by_friend_other_id"]
    assert onward.junction is not None
    assert (onward.pairs, onward.junction.onward) == ((("id", "one_id"),), (("other_id", "id"),))


def test_a_foreign_key_inside_another_makes_no_junction():
    resources = [table("orders", "id"), table("shipment", "order_id", "no"), table("item", "order_id", "no")]
    keys = [key("item", "order_id", "orders"), key("item", "order_id no", "shipment", onto="order_id no")]
    found = relations(resources, keys, {"item": ["order_id no"]})
    assert list(found["orders"]) == ["item"]


def test_the_same_foreign_key_twice_is_one_relation():
    resources = [table("a", "id"), table("b", "a_id")]
    found = relations(resources, [key("b", "a_id", "a", "second"), key("b", "a_id", "a", "first")])
    assert {name: relation.constraint for name, relation in found["b"].items()} == {"a": "first"}
    assert list(found["a"]) == ["b"]


def test_what_still_clashes_is_numbered():
    resources = [table("tree", "id", "up", "down")]
    found = relations(resources, [key("tree", "up", "tree"), key("tree", "down", "tree")])["tree"]
    assert list(found) == ["tree_by_up", "tree_by_down", "tree_by_up_2", "tree_by_down_2"]
    assert [relation.owning for relation in found.values()] == [True, True, False, False]


def test_the_order_of_foreign_keys_does_not_matter():
    resources = [table("city", "id"), table("flight", "id", "from_id", "to_id"), table("x", "flight_id", "city_id")]
    keys = [
        key("flight", "from_id", "city"),
        key("flight", "to_id", "city"),
        key("x", "flight_id", "flight"),
        key("x", "city_id", "city"),
    ]
    uniques = {"x": ["flight_id city_id"]}
    assert relations(resources, keys, uniques) == relations(resources, keys[::-1], uniques)


def test_relations_are_renamed_by_their_default_name():
    resources = [table("customer", "id"), table("orders", "id", "customer_id")]
    keys = [key("orders", "customer_id", "customer")]
    found = relations(resources, keys, wished={("orders", "customer"): "buyer", ("customer", "orders"): "bought"})
    assert (list(found["orders"]), list(found["customer"])) == (["buyer"], ["bought"])
    with pytest.raises(ExposureError, match="'orders' is to be named 'id'"):
        relations(resources, keys, wished={("orders", "customer"): "id"})


def test_a_schema_other_than_the_first_prefixes_its_tables():
    names = name_resources([("public", "a"), ("sales", "a"), ("sales", "b c")], Exposure(schemas=("public", "sales")))
    assert list(names.values()) == ["a", "sales_a", "sales_b c"]


def test_resource_names_are_unique_whatever_happens():
    tables = [("public", "sales_a"), ("public", "x"), ("sales", "a"), ("sales", "b")]
    exposure = Exposure(schemas=("public", "sales"), resource_names={("sales", "b"): "x"})
    assert name_resources(tables, exposure) == {
        ("public", "sales_a"): "sales_a", ("public", "x"): "public_x", ("sales", "a"): "sales_a_2", ("sales", "b"): "x",
    }  # fmt: skip
    twice = Exposure(schemas=("public",), resource_names={("public", "x"): "same", ("public", "sales_a"): "same"})
    with pytest.raises(ExposureError, match="'same'"):
        name_resources(tables, twice)


def test_the_version_covers_the_content_alone():
    exposure = Exposure(schemas=("public",))
    one = assemble("sqlite", exposure, [table("a", "id")], [], {})
    assert one.version == assemble("sqlite", exposure, [table("a", "id")], [], {}).version
    others = [
        assemble("postgresql", exposure, [table("a", "id")], [], {}),
        assemble("sqlite", exposure, [table("a", "id", "x")], [], {}),
        assemble("sqlite", exposure, [table("a", "id", nullable=("id",))], [], {}),
    ]
    assert len({one.version, *(other.version for other in others)}) == 4
