"""Protected fields by REST, GraphQL and SOAP: the same masks, the same refusals, the same values kept, on both databases."""

import pytest

from tests.fixtures.guarded_store import Suite, Who
from tests.fixtures.protected_people import people_in

DOCTOR, CLERK, TELLER, ADMIN = Who("doctor"), Who("clerk"), Who("teller"), Who("admin")
CLEAR = ("ada@example.com", "bob@example.org", "1234567", "1990-02-28", "Oslo", "100.5", "111-22", "222-33",
         "41111111", "55000000", "allergic", "ADA@")  # fmt: skip
NAMES = ("email", "phone", "ssn", "card")
SEEN = {
    DOCTOR.role: ("ada@example.com", "555-1234567", "111-22-3344", "4111111111111111"),
    CLERK.role: ("a***@example.com", "****4567", "***-44", "****1111"),
    ADMIN.role: (None, None, None, None),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def people(request, tmp_path_factory):
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    with people_in(request.param, tmp_path_factory.mktemp("people"), server) as found:
        found.suite = Suite(found.engine, lambda: None)
        yield found


def by_rest(suite, who):
    (row,) = suite.get(f"people?id=eq.1&select={','.join(NAMES)}", who).get_json()
    return tuple(row[name] for name in NAMES)


def by_graphql(suite, who):
    answer = suite.ask(f"{{ people(where: {{id: {{_eq: 1}}}}) {{ {' '.join(NAMES)} }} }}", who).get_json()
    (row,) = answer["data"]["people"]
    return tuple(row[name] for name in NAMES)


def by_soap(suite, who):
    row = suite.call("GetPeople", who, id=1)
    return tuple(row[name] for name in NAMES)


@pytest.mark.parametrize("ask", [by_rest, by_graphql, by_soap])
@pytest.mark.parametrize("who", [DOCTOR, CLERK, ADMIN], ids=lambda who: who.role)
def test_each_protocol_shows_the_same_masks(people, ask, who):
    assert ask(people.suite, who) == SEEN[who.role]


EXPORTS = [
    ("people?select=*", "text/csv"), ("people?select=*", "application/x-ndjson"), ("people?select=*", "application/json"),
    ("people?select=*&limit=1&id=eq.1", "application/vnd.pgrst.object+json"), ("contacts?select=*", "text/csv"),
    ("people?select=shout,city,salary,note", "text/csv"), ("everything", "application/json"), ("cities", "text/csv"),
    ("badges?select=*,people(*)", "application/json"), ("people?select=*", "text/xml"),
]  # fmt: skip


@pytest.mark.parametrize("address, media", EXPORTS)
@pytest.mark.parametrize("who", [CLERK, TELLER, ADMIN], ids=lambda who: who.role)
def test_no_export_has_a_clear_value(people, address, media, who):
    answer = people.suite.get(address, who, Accept=media)
    assert answer.status_code in (200, 400, 406), answer.text
    assert not [word for word in CLEAR if word in answer.text]
    assert "trv:" not in answer.text


def test_an_export_opens_what_its_reader_may_see(people):
    for media in ("text/csv", "application/x-ndjson"):
        text = people.suite.get("people?select=id,ssn,card&order=id", DOCTOR, Accept=media).text
        assert "111-22-3344" in text, media
        assert "5500005555555559" in text, media


REFUSED = [
    lambda suite: suite.get("people?ssn=like.1*", DOCTOR).get_json()["message"],
    lambda suite: suite.get("people?order=ssn", DOCTOR).get_json()["message"],
    lambda suite: suite.get("people?select=ssn,count()", DOCTOR).get_json()["message"],
    lambda suite: suite.get("people?select=ssn::int", DOCTOR).get_json()["message"],
    lambda suite: suite.get("people?ssn=eq.111-22-3344", CLERK).get_json()["message"],
    lambda suite: suite.ask('{ people(where: {ssn: {_like: "1%"}}) { id } }', DOCTOR).text,
    lambda suite: suite.ask("{ people(order_by: {ssn: asc}) { id } }", DOCTOR).text,
    lambda suite: suite.ask("{ people_aggregate { aggregate { max { ssn } } } }", DOCTOR).text,
    lambda suite: suite.post(
        "<ListPeople><filter><ssn><like>1%</like></ssn></filter></ListPeople>", DOCTOR
    ).text,
    lambda suite: suite.post(
        "<ListPeople><orderBy><item><field>ssn</field></item></orderBy></ListPeople>", DOCTOR
    ).text,
    lambda suite: suite.get("people?select=count()&ssn.max()=gt.1", DOCTOR).get_json()["message"],
    lambda suite: suite.get("people?select=city,count()&order=ssn.max()", DOCTOR).get_json()["message"],
    lambda suite: suite.ask("{ people_grouped(by: [ssn]) { aggregate { count } } }", DOCTOR).text,
    lambda suite: suite.ask('{ people_grouped(by: [city], having: {max: {ssn: {_gt: "1"}}}) { key { city } } }', DOCTOR).text,
    lambda suite: suite.post("<AggregatePeople><groupBy><string>ssn</string></groupBy></AggregatePeople>", DOCTOR).text,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_a_hash_can_t_answer_is_refused_everywhere(people, number):
    told = REFUSED[number](people.suite)
    assert "ssn" in told
    assert "protected" in told or "can only be read" in told, told
    assert not [word for word in CLEAR if word in told]


def test_groups_are_of_what_their_reader_sees(people):
    suite = people.suite
    masked = suite.get("people?select=email,count()&id=eq.1&email.max()=lt.b&order=email.min()", CLERK).get_json()
    assert masked == [{"email": "a***@example.com", "count": 1}]
    assert suite.get("people?select=count()&email.max()=eq.ada@example.com", CLERK).get_json() == []
    assert suite.get("people?select=count()&id=eq.1&email.max()=eq.ada@example.com", DOCTOR).get_json() == [
        {"count": 1}
    ]
    message = "<AggregatePeople><filter><id><eq>1</eq></id></filter><groupBy><string>email</string></groupBy></AggregatePeople>"
    assert "<key><email>a***@example.com</email></key>" in suite.post(message, CLERK).text


def test_equal_values_are_found_everywhere(people):
    suite = people.suite
    assert suite.get("people?ssn=eq.111-22-3344&select=id", DOCTOR).get_json() == [{"id": 1}]
    assert suite.get("people?card=in.(5500005555555559,1)&select=id", DOCTOR).get_json() == [{"id": 2}]
    found = suite.ask('{ people(where: {ssn: {_eq: "222-33-4455"}}) { id } }', DOCTOR).get_json()
    assert found == {"data": {"people": [{"id": 2}]}}
    message = "<ListPeople><filter><ssn><eq>111-22-3344</eq></ssn></filter></ListPeople>"
    answer = suite.post(message, DOCTOR).text
    assert "<name>Ada</name>" in answer
    assert "<name>Bob</name>" not in answer


@pytest.mark.parametrize("protocol", ["rest", "graphql", "soap"])
def test_what_is_written_is_kept_protected(people, protocol):
    suite, number = people.suite, {"rest": 21, "graphql": 22, "soap": 23}[protocol]
    given = {"id": number, "name": "New", "ssn": f"900-00-00{number}", "card": f"60110000000000{number}"}
    if protocol == "rest":
        answer = suite.send("POST", "people", CLERK, given, Prefer="return=representation")
        assert answer.get_json()[0]["ssn"] == f"***-{number}"
    elif protocol == "graphql":
        text = "mutation ($o: people_insert_input!) { insert_people_one(object: $o) { ssn card } }"
        answer = suite.ask(text, CLERK, o=given).get_json()
        assert answer == {"data": {"insert_people_one": {"ssn": f"***-{number}", "card": f"****00{number}"}}}
    else:
        assert suite.call("CreatePeople", CLERK, people=given).ssn == f"***-{number}"
    ((ssn, index, card),) = people.sql(f"select ssn, ssn_index, card from people where id = {number}")
    assert (ssn[:4], len(index), card[:4]) == ("trv:", 32, "tok_")
    (row,) = suite.get(f"people?ssn=eq.{given['ssn']}&select=id,card", DOCTOR).get_json()
    assert row == {"id": number, "card": given["card"]}


def test_one_variable_in_a_filter_and_in_a_value(people):
    """What is kept of a value is put beside it: the filter still asks for the value itself."""
    suite = people.suite
    suite.send("POST", "people", DOCTOR, {"id": 31, "name": "same", "ssn": "s"})
    text = "mutation ($x: String!) { update_people(where: {name: {_eq: $x}}, _set: {ssn: $x}) { affected_rows } }"
    assert suite.ask(text, DOCTOR, x="same").get_json() == {"data": {"update_people": {"affected_rows": 1}}}
    assert suite.get("people?ssn=eq.same&select=id", DOCTOR).get_json() == [{"id": 31}]


def test_the_blind_index_is_nobody_s(people):
    suite = people.suite
    assert suite.get("people?select=ssn_index", DOCTOR).status_code == 400
    assert "ssn_index" not in suite.get("", DOCTOR).text
    assert suite.send("PATCH", "people?id=eq.1", DOCTOR, {"ssn_index": "x"}).status_code == 400
    assert "ssn_index" not in suite.get("people?id=eq.1", DOCTOR).get_json()[0]


def test_an_etag_and_a_unique_violation_tell_no_value(people):
    """That there is such a value is told by a violation, and written down; the value of another column is not."""
    answer = people.suite.send("PATCH", "people?id=eq.2", CLERK, {"email": "ada@example.com"})
    assert answer.status_code == 409
    assert answer.get_json()["details"] is None
    first = people.suite.get("people?id=eq.1&select=salary", CLERK).headers.get("ETag")
    people.sql("update people set salary = 1 where id = 1")
    assert people.suite.get("people?id=eq.1&select=salary", CLERK).headers.get("ETag") == first
