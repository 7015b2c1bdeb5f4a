"""What typed requests reach: operators of each type, relations, cursors, batches, upserts, and parts of the WSDL."""

import pytest
import zeep
from contracts.catalog import Catalog, Relation, Resource
from contracts.fields import Field
from contracts.filters import And, Compare, Exists, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import Conflict, Create, Embed, Sort, Update
from contracts.problems import Problem
from lxml import etree
from soap_service import cursors, wsdl
from soap_service.namespaces import WSDL, XSD
from soap_service.nesting import nested
from soap_service.port_type import PortType

NS = "urn:trivet:v1"
XS = f"{{{XSD}}}"


def compare(field, operator, index):
    return Compare(FieldRef(field), operator, Param(index))


def listed(parse, filter, name="OrderItems"):
    return parse(f"<List{name}><filter>{filter}</filter></List{name}>")


@pytest.mark.parametrize(
    "text, expected, values",
    [
        ("<big><notIn>1</notIn><notIn>2</notIn></big>", Not(compare("big", "in", 0)), [[1, 2]]),
        ("<title><notLike>a%</notLike></title>", Not(compare("title", "like", 0)), ["a%"]),
        ("<title><iregex>^a</iregex></title>", compare("title", "imatch", 0), ["^a"]),
        ("<title><wfts>a -b</wfts></title>", compare("title", "wfts", 0), ["a -b"]),
        ('<extra><contains>{"a":1}</contains></extra>', compare("extra", "contains", 0), [{"a": 1}]),
        ("<extra><hasKey>a</hasKey></extra>", compare("extra", "has_key", 0), ["a"]),
        (
            "<extra><hasKeysAll>a</hasKeysAll><hasKeysAll>b</hasKeysAll></extra>",
            compare("extra", "has_keys_all", 0),
            [["a", "b"]],
        ),
        ("<counts><overlaps><int>1</int><int>2</int></overlaps></counts>", compare("counts", "overlaps", 0), [[1, 2]]),
        ("<tags><eq/></tags>", compare("tags", "eq", 0), [[]]),
        ("<span><contains>[1,2)</contains></span>", compare("span", "contains", 0), ["[1,2)"]),
        ("<odd_x0020_name><eq>10.0.0.1</eq></odd_x0020_name>", compare("odd name", "eq", 0), ["10.0.0.1"]),
        ("<customer2/>", Exists(RelationRef("customer")), []),
        (
            "<customer2><name><eq>Ada</eq></name></customer2>",
            Exists(RelationRef("customer"), compare("name", "eq", 0)),
            ["Ada"],
        ),
    ],
)
def test_filters(parse, text, expected, values):
    call = listed(parse, text)
    assert call.operation.node.filter == expected
    assert call.values == values


@pytest.mark.parametrize(
    "text, code",
    [
        ("<extra><like>a</like></extra>", "PGRST102"),
        ("<big><hasKey>a</hasKey></big>", "PGRST102"),
        ("<extra><contains>{</contains></extra>", "22P02"),
        ("<counts><contains>1</contains></counts>", "PGRST102"),
        ("<customer2><nope><eq>1</eq></nope></customer2>", "42703"),
        ("<customer2><orders/></customer2>", "42703"),  # up, then down
    ],
)
def test_filters_that_no_type_has(parse, text, code):
    with pytest.raises(Problem) as problem:
        listed(parse, text)
    assert problem.value.code == code


def test_relations_in_filters_lead_down_then_up(parse):
    call = listed(parse, "<orders><not><customer2><id><eq>1</eq></id></customer2></not></orders>", "Customers")
    inner = Not(Exists(RelationRef("customer"), compare("id", "eq", 0)))
    assert call.operation.node.filter == Exists(RelationRef("orders"), inner)


def test_orders_over_relations(parse):
    call = parse("<ListOrderItems><orderBy><item><field>customer/name</field></item></orderBy></ListOrderItems>")
    assert call.operation.node.sort == (Sort(FieldRef("name"), via=(RelationRef("customer"),)),)


def test_includes_of_includes(parse):
    call = parse("<ListCustomers><include><string>orders.customer</string></include></ListCustomers>")
    (outer,) = [output for output in call.operation.node.outputs if isinstance(output, Embed)]
    (inner,) = [output for output in outer.node.outputs if isinstance(output, Embed)]
    assert (outer.relation.name, inner.relation.name) == ("orders", "customer")


# --- cursors ---------------------------------------------------------------------------------------------------------


def test_a_first_page_is_ordered_by_the_key_too(parse):
    call = parse(
        "<ListOrderItems><orderBy><item><field>line</field></item></orderBy><page><cursor/></page></ListOrderItems>"
    )
    assert call.operation.node.sort == (Sort(FieldRef("line")), Sort(FieldRef("order")))
    assert call.operation.node.filter is None
    assert [output.key for output in call.operation.node.outputs[-2:]] == [".0", ".1"]


def test_a_next_page_begins_after_the_row(parse):
    order = "<orderBy><item><field>big</field></item></orderBy>"
    first = parse(f"<ListOrderItems>{order}<page><cursor></cursor></page></ListOrderItems>")
    text = cursors.write(first.order, [5, 1, 2])
    call = parse(f"<ListOrderItems>{order}<page><cursor>{text}</cursor></page></ListOrderItems>")
    beyond = Or((compare("big", "gt", 0), Is(FieldRef("big"), "null")))
    same = compare("big", "eq", 0)
    assert call.operation.node.filter == Or(
        (
            beyond,
            And((same, compare("order", "gt", 1))),
            And((same, compare("order", "eq", 1), compare("line", "gt", 2))),
        )
    )
    assert call.values == [5, 1, 2]


@pytest.mark.parametrize("text", ["x", "e30", "W10", "ä", "bnVsbA", "A" * 20_000])
def test_what_is_no_cursor(parse, text):
    with pytest.raises(Problem) as problem:
        parse(f"<ListCustomers><page><cursor>{text}</cursor></page></ListCustomers>")
    assert problem.value.code == "PGRST102"


# --- writes ----------------------------------------------------------------------------------------------------------


def test_a_batch_gives_each_row_its_own_fields(parse):
    call = parse(
        "<CreateCustomersBatch><items><CustomersInput><name>a</name></CustomersInput>"
        "<CustomersInput><notes xsi:nil='1'/><name>b</name></CustomersInput></items></CreateCustomersBatch>"
    )
    made = call.operation
    assert isinstance(made, Create)
    assert (made.columns, made.ragged, made.missing) == (("name", "notes"), True, "default")
    assert call.values == [[{"name": "a"}, {"name": "b", "notes": None}]]


def test_an_upsert_updates_what_is_given(parse):
    call = parse("<UpsertCustomers><customers><id>1</id><name>a</name></customers></UpsertCustomers>")
    assert call.operation.conflict == Conflict(update=("id", "name"))
    assert call.operation.returning.shape == "one"


def test_a_condition_is_a_part_of_the_update(parse):
    call = parse(
        "<UpdateCustomers><id>1</id><customers><name>b</name></customers><ifMatch><name><eq>a</eq></name></ifMatch>"
        "</UpdateCustomers>"
    )
    assert isinstance(call.operation, Update)
    assert call.guarded
    assert call.operation.filter == And((compare("id", "eq", 0), compare("name", "eq", 1)))


# --- types and documents ---------------------------------------------------------------------------------------------


def chain(count, *, down):
    """Tables that each belong to the next, or are each owned by the one before."""
    key = Field(name="id", type="int4", db_type="integer", nullable=False)

    def resource(number):
        further = number + 1 if number + 1 < count else None
        relations = () if further is None else (
            Relation(
                name="next", target=f"t{further}", cardinality="many" if down else "one", pairs=(("id", "id"),),
                constraint="fk", owning=not down,
            ),
        )  # fmt: skip
        return Resource(
            name=f"t{number}", schema="public", table=f"t{number}", kind="table", fields=(key,), key=("id",),
            relations=relations,
        )  # fmt: skip

    return Catalog(
        engine="sqlite", version="1", schemas=("main",), resources=tuple(resource(number) for number in range(count))
    )


@pytest.mark.parametrize("down", [True, False])
def test_types_lead_on_unless_they_are_too_deep(down):
    few, many = (PortType(chain(count, down=down)) for count in (20, 200))
    assert len(few.types[0].onward(related=not down)) == 1
    assert not many.types[0].onward(related=True)
    assert all(element.related for type in many.types for element in type.relations)
    assert nested(few.types) == list(few.types)


def test_a_role_that_sees_nothing_may_log_in():
    port = PortType(Catalog(engine="sqlite", version="1", schemas=("main",), resources=()))
    assert port.empty
    assert list(port.operations) == ["Login", "Logout", "GetVersion"]


def test_a_part_has_the_names_of_the_whole(catalog):
    whole, part = PortType(catalog), PortType(catalog, only=("order_items",))
    assert [type.name for type in part.types] == ["OrderItems"]
    assert not part.types[0].relations
    assert part.operations.keys() < whole.operations.keys()
    with pytest.raises(Problem, match="order_itemz"):
        PortType(catalog, only=("order_itemz",))


def test_the_document_in_two(soap_client, client):
    auth = ("clerk", "secret")
    whole = etree.fromstring(client.get("/soap/v1?wsdl=2&tables=customers", auth=auth).data)
    (imported,) = whole.iter(f"{XS}import")
    assert imported.get("namespace") == NS
    location = imported.get("schemaLocation")
    assert location.endswith("/soap/v1?xsd=1&tables=customers")
    beside = client.get(location.removeprefix("http://soap.test"), auth=auth)
    assert beside.content_type == "text/xml; charset=utf-8"
    assert etree.XMLSchema(etree.fromstring(beside.data))
    assert not any(whole.iter(f"{XS}complexType"))
    split = soap_client("http://soap.test/soap/v1?wsdl=2")
    together = soap_client("http://soap.test/soap/v1?wsdl")
    assert split.service._operations.keys() == together.service._operations.keys()


def test_bindings_alone_and_profiles_in_two(client):
    auth = ("clerk", "secret")
    found = etree.fromstring(client.get("/soap/v1?wsdl=2&soap=12&nillable=0", auth=auth).data)
    assert [port.get("name") for port in found.iter(f"{{{WSDL}}}port")] == ["TrivetSoap12Port"]
    (imported,) = found.iter(f"{XS}import")
    assert "profile=java" in imported.get("schemaLocation")
    types = client.get("/soap/v1?xsd=1&profile=java", auth=auth).data
    assert b'<xs:element name="notes" type="xs:string" minOccurs="0"' in types
    assert b'name="notes" type="xs:string" minOccurs="0" nillable' not in types


def test_documents_differ_by_their_form(client):
    auth = ("clerk", "secret")
    addresses = ("?wsdl", "?wsdl=2", "?xsd=1", "?wsdl&soap=11", "?wsdl&tables=log", "?wsdl&profile=java")
    tags = {client.get(f"/soap/v1{address}", auth=auth).headers["ETag"] for address in addresses}
    assert len(tags) == len(addresses)


def test_the_version_over_the_small_store(soap_client):
    found = soap_client().service.GetVersion()
    assert (found.product, found.catalogVersion) == ("Trivet", "v1")


def test_who_is_not_logged_in_can_t_log_out(soap_client, client):
    body = f'<Logout xmlns="{NS}"/>'
    text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    answer = client.post("/soap/v1", data=text, content_type="text/xml")
    assert answer.status_code == 401
    assert b"PGRST302" in answer.data


def test_a_document_s_text_is_the_same_each_time(catalog):
    texts = {wsdl.write(PortType(catalog), namespace=NS, address="http://soap.test/soap/v1") for _ in range(2)}
    assert len(texts) == 1


def test_batches_and_upserts_by_zeep(soap_client, data):
    service = soap_client().service
    made = service.CreateCustomersBatch(items={"CustomersInput": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]})
    assert (made.affectedRows, [row.name for row in made["items"].Customers]) == (2, ["a", "b"])
    with pytest.raises(zeep.exceptions.Fault) as fault:
        service.UpdateCustomers(id=1, customers={"notes": "x"}, ifMatch={"name": {"eq": "z"}})
    assert "ifMatch" in fault.value.message
    assert service.UpdateCustomers(id=1, customers={"notes": "x"}, ifMatch={"name": {"eq": "a"}}).notes == "x"
