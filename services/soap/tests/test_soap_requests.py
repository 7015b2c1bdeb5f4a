"""The body of a message to the operation that it asks for."""

from decimal import Decimal

import pytest
from contracts.filters import And, Compare, FieldRef, Is, Not, Or, Param, RelationRef
from contracts.operations import Assign, Create, Delete, Embed, FieldOutput, Node, Read, Sort, Update
from contracts.problems import Problem

CUSTOMER = tuple(FieldOutput(name, FieldRef(name)) for name in ("id", "name", "notes"))


def compare(field, operator, index):
    return Compare(FieldRef(field), operator, Param(index))


def test_get_by_key(parse):
    call = parse("<GetCustomers><id> 7 </id></GetCustomers>")
    assert call.operation == Read("customers", Node(outputs=CUSTOMER, filter=compare("id", "eq", 0), shape="maybe"))
    assert call.values == [7]


def test_get_by_a_key_of_two_fields(parse):
    call = parse("<GetOrderItems><line>1</line><order>2</order></GetOrderItems>")
    assert call.operation.node.filter == And((compare("order", "eq", 0), compare("line", "eq", 1)))
    assert call.values == [2, 1]


def test_list_of_everything(parse):
    assert parse("<ListCustomers/>").operation == Read("customers", Node(outputs=CUSTOMER))


def test_list_with_all_its_parts(parse):
    call = parse(
        "<ListCustomers><page><limit>5</limit><offset>10</offset><includeTotal>1</includeTotal></page>"
        "<include><string>orders</string></include><fields><string>name</string><string>id</string></fields>"
        "<orderBy><item><field>name</field><descending>true</descending><nulls>last</nulls></item>"
        "<item><field>id</field></item></orderBy>"
        "<filter><id><gt>3</gt></id></filter></ListCustomers>"
    )
    node = call.operation.node
    assert call.operation.count == "exact"
    assert node.filter == compare("id", "gt", 0)
    assert node.sort == (Sort(FieldRef("name"), True, "last"), Sort(FieldRef("id")))
    assert (node.limit, node.offset) == (Param(1), Param(2))
    assert call.values == [3, 5, 10]
    assert node.outputs[:2] == (CUSTOMER[0], CUSTOMER[1])
    assert isinstance(node.outputs[2], Embed)
    assert (node.outputs[2].key, node.outputs[2].relation) == ("orders", RelationRef("orders"))


@pytest.mark.parametrize(
    "text, expected, values",
    [
        ("<name><eq>a</eq></name>", compare("name", "eq", 0), ["a"]),
        ("<name><eq/></name>", compare("name", "eq", 0), [""]),
        ("<name><ne>a</ne></name>", compare("name", "neq", 0), ["a"]),
        ("<name><ilike>a%</ilike></name>", compare("name", "ilike", 0), ["a%"]),
        ("<id><ge>1</ge><le>2</le></id>", And((compare("id", "gte", 0), compare("id", "lte", 1))), [1, 2]),
        ("<id><in>1</in><in>2</in></id>", compare("id", "in", 0), [[1, 2]]),
        ("<notes><isNull>true</isNull></notes>", Is(FieldRef("notes"), "null"), []),
        ("<notes><isNull>0</isNull></notes>", Is(FieldRef("notes"), "not_null"), []),
        ("<not><id><eq>1</eq></id></not>", Not(compare("id", "eq", 0)), [1]),
        (
            "<or><id><eq>1</eq></id></or><or><id><eq>2</eq></id><name><eq>b</eq></name></or>",
            Or((compare("id", "eq", 0), And((compare("id", "eq", 1), compare("name", "eq", 2))))),
            [1, 2, "b"],
        ),
        (
            "<id><lt>9</lt></id><and><id><eq>1</eq></id></and><and><id><eq>2</eq></id></and>",
            And((compare("id", "lt", 0), And((compare("id", "eq", 1), compare("id", "eq", 2))))),
            [9, 1, 2],
        ),
        ("", None, []),
        ("<id/>", None, []),
    ],
)
def test_filters(parse, text, expected, values):
    call = parse(f"<ListCustomers><filter>{text}</filter></ListCustomers>")
    assert call.operation.node.filter == expected
    assert call.values == values


def test_the_same_question_about_other_values_is_the_same_operation(parse):
    one, other = (parse(f"<ListCustomers><filter><id><eq>{n}</eq></id></filter></ListCustomers>") for n in (1, 2))
    assert one.operation == other.operation
    assert one.values != other.values


def test_create_uses_what_is_given(parse):
    call = parse("<CreateCustomers><customers><name>Ann</name><notes xsi:nil='1'/></customers></CreateCustomers>")
    assert call.operation == Create(
        "customers", ("name", "notes"), Param(0), returning=Node(outputs=CUSTOMER, shape="one")
    )
    assert call.values == [[{"name": "Ann", "notes": None}]]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("<price>1.50</price>", {"price": Decimal("1.50")}),
        ("<weight>INF</weight>", {"weight": "Infinity"}),
        ("<weight>1e3</weight>", {"weight": 1000.0}),
        ("<gift>1</gift>", {"gift": True}),
        ("<title>  a </title>", {"title": "  a "}),
        ("<title/>", {"title": ""}),
        ("<title><![CDATA[<b>]]></title>", {"title": "<b>"}),
        ("<day>2024-02-29+02:00</day>", {"day": "2024-02-29"}),
        ("<seen>2024-02-29T10:00:00Z</seen>", {"seen": "2024-02-29T10:00:00"}),
        ("<made>2024-02-29T10:00:00.1234567+02:00</made>", {"made": "2024-02-29T10:00:00.1234567+02:00"}),
        ("<extra>[1, 2.50]</extra>", {"extra": [1, Decimal("2.50")]}),
        ("<photo> AP8\n= </photo>", {"photo": "\\x00ff"}),
        ("<photo/>", {"photo": "\\x"}),
        ("<big/>", {"big": None}),
        ("<made/>", {}),
        ("<made xsi:nil='true'/>", {"made": None}),
        ("<tags><string>a</string><string xsi:nil='true'/><string/></tags>", {"tags": ["a", None, ""]}),
        ("<tags/>", {"tags": []}),
        ("<odd_x0020_name>10.0.0.1</odd_x0020_name>", {"odd name": "10.0.0.1"}),
    ],
)
def test_values_by_type(parse, text, expected):
    call = parse(f"<CreateOrderItems><orderItems>{text}</orderItems></CreateOrderItems>")
    assert call.values == [[expected]]


def test_update_sets_what_is_given(parse):
    call = parse(
        "<UpdateCustomers><id>1</id><customers><name>Bea</name></customers>"
        "<setNull><string>notes</string></setNull></UpdateCustomers>"
    )
    assert call.operation == Update(
        "customers",
        (Assign("name", Param(1)), Assign("notes", Param(2))),
        compare("id", "eq", 0),
        returning=Node(outputs=CUSTOMER, shape="maybe"),
    )
    assert call.values == [1, "Bea", None]


def test_an_update_of_nothing_reads_the_row(parse):
    assert isinstance(parse("<UpdateCustomers><id>1</id></UpdateCustomers>").operation, Read)


def test_delete_by_key(parse):
    call = parse("<DeleteCustomers><id>1</id></DeleteCustomers>")
    assert call.operation == Delete("customers", compare("id", "eq", 0))


@pytest.mark.parametrize("prefix", ['x:="urn:trivet:v1"', '=""'])
def test_any_prefix_or_none(parse, prefix):
    name, value = prefix.split("=", 1)
    call = parse(f"<{name}GetCustomers xmlns{':x' if name else ''}={value}><{name}id>1</{name}id></{name}GetCustomers>")
    assert call.values == [1]


@pytest.mark.parametrize(
    "text, code, message",
    [
        ("<Nonsense/>", "PGRST202", "no operation Nonsense"),
        ('<GetCustomers xmlns="urn:x"/>', "PGRST202", "in the namespace urn:x"),
        ("<GetLog/>", "PGRST202", "log has no key"),
        ("<CreateLog/>", "42501", "permission denied for view log"),
        ("<GetCustomers/>", "PGRST102", "GetCustomers needs a value for id"),
        ("<GetCustomers><id xsi:nil='true'/></GetCustomers>", "PGRST102", "needs a value for id"),
        ("<GetCustomers><id>1</id><id>2</id></GetCustomers>", "PGRST102", "GetCustomers/id stands there twice"),
        ("<GetCustomers><id>x</id></GetCustomers>", "22P02", 'GetCustomers/id: "x" is no xs:int'),
        ("<GetCustomers><id>٣</id></GetCustomers>", "22P02", "is no xs:int"),
        ("<GetCustomers><id>3000000000</id></GetCustomers>", "22003", "out of range for xs:int"),
        ("<GetCustomers><id>1<b/></id></GetCustomers>", "PGRST102", "holds a value, and no elements"),
        ("<GetCustomers>1</GetCustomers>", "PGRST102", "GetCustomers holds elements, and no text"),
        ("<GetCustomers><id href='#i0'/></GetCustomers>", "PGRST102", "rpc/encoded"),
        ("<GetCustomers><id xsi:type='x:int' xmlns:x='u'>1</id></GetCustomers>", "PGRST102", "the type is int"),
        ("<ListCustomers><filtr/></ListCustomers>", "PGRST102", "ListCustomers/filtr is unknown"),
        ("<ListCustomers><filter><nam/></filter></ListCustomers>", "42703", "ListCustomers/filter/nam is unknown"),
        ("<ListCustomers><filter><id><like>1</like></id></filter></ListCustomers>", "PGRST102", "id/like is unknown"),
        ("<ListCustomers><filter><id>1</id></filter></ListCustomers>", "PGRST102", "holds elements, and no text"),
        ("<ListCustomers><filter><id><eq/></id></filter></ListCustomers>", "PGRST102", "id/eq has no value"),
        ("<ListCustomers><filter><not/><not/></filter></ListCustomers>", "PGRST102", "filter/not stands there twice"),
        ("<ListCustomers><filter xmlns='urn:x'/></ListCustomers>", "PGRST102", "the namespace is urn:x"),
        ("<ListCustomers><page><limit>-1</limit></page></ListCustomers>", "22003", "must not be negative"),
        ("<ListCustomers><page><limit>1.5</limit></page></ListCustomers>", "22P02", "is no xs:int"),
        ("<ListCustomers><orderBy><item/></orderBy></ListCustomers>", "PGRST102", "needs a field"),
        (
            "<ListCustomers><orderBy><item><field>nme</field></item></orderBy></ListCustomers>",
            "42703",
            "there is no field nme",
        ),
        ("<ListCustomers><fields><string>x</string></fields></ListCustomers>", "42703", "there is no field x"),
        ("<ListCustomers><include><string>x</string></include></ListCustomers>", "PGRST200", "there is no relation x"),
        ("<CreateCustomers/>", "PGRST102", "needs an element customers"),
        ("<CreateCustomers><customers><nme/></customers></CreateCustomers>", "PGRST204", "customers/nme is unknown"),
        (
            "<CreateOrderItems><orderItems><total>1</total></orderItems></CreateOrderItems>",
            "PGRST204",
            "total is unknown",
        ),
        (
            "<CreateOrderItems><orderItems><day>2023-02-29</day></orderItems></CreateOrderItems>",
            "22003",
            "out of range",
        ),
        ("<CreateOrderItems><orderItems><photo>A</photo></orderItems></CreateOrderItems>", "22P02", "no xs:base64"),
        ("<CreateOrderItems><orderItems><extra>{</extra></orderItems></CreateOrderItems>", "22P02", "orderItems/extra"),
        ("<CreateOrderItems><orderItems><weight>1e999</weight></orderItems></CreateOrderItems>", "22003", "range"),
        (
            "<CreateOrderItems><orderItems><big xsi:nil='1'>1</big></orderItems></CreateOrderItems>",
            "PGRST102",
            "is nil",
        ),
        (
            "<UpdateCustomers><id>1</id><customers><notes>a</notes></customers>"
            "<setNull><string>notes</string></setNull></UpdateCustomers>",
            "PGRST102",
            "notes is given a value as well",
        ),
    ],
)
def test_what_is_wrong_is_named(parse, text, code, message):
    with pytest.raises(Problem) as caught:
        parse(text)
    assert caught.value.code == code
    assert message in caught.value.message


@pytest.mark.parametrize(
    "text, hint",
    [
        ("<GetCustomer/>", "GetCustomers"),
        ("<ListCustomers><filter><nam/></filter></ListCustomers>", "name"),
        ("<ListCustomers><fields><string>nots</string></fields></ListCustomers>", "notes"),
    ],
)
def test_the_nearest_name_is_suggested(parse, text, hint):
    with pytest.raises(Problem) as caught:
        parse(text)
    assert caught.value.hint == f"Perhaps you meant {hint}"


def test_a_role_gives_only_what_it_may(parse, changed):
    catalog = changed("customers", create=frozenset({"name"}), update=frozenset())
    with pytest.raises(Problem, match="customers/notes is unknown"):
        parse("<CreateCustomers><customers><notes>a</notes></customers></CreateCustomers>", catalog)
    with pytest.raises(Problem, match="permission denied"):
        parse("<UpdateCustomers><id>1</id></UpdateCustomers>", catalog)


def test_who_only_writes_reads_nothing_back(parse, catalog, changed):
    catalog = changed("customers", fields=(), hidden=catalog.by_name["customers"].fields)
    call = parse("<CreateCustomers><customers><name>Ann</name></customers></CreateCustomers>", catalog)
    assert call.operation.returning == Node(outputs=(), shape="none")
    with pytest.raises(Problem, match="permission denied"):
        parse("<ListCustomers/>", catalog)
