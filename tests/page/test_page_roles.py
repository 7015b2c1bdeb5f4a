"""The role switch, what is behind the answers, and a database of one's own, in a real browser."""

import json
import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.suite import ROOT, Suite
from tests.page.test_page_panes import APIS, answer_of, outcome, request_of


def become(page: Page, role: str) -> None:
    before = page.locator("#change").inner_text()
    page.get_by_text(role, exact=True).click()
    expect(page.get_by_role("radio", name=role)).to_be_checked()
    expect(page.locator("#change")).not_to_have_text(before)


def test_with_other_eyes_fields_and_rows_vanish_in_all_three(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=products")
    for name in APIS:
        assert "cost" in answer_of(page, name)
        assert re.search(r"\b500\b", answer_of(page, name))  # no longer sold: for the store's own people
    become(page, "anonymous")
    change = page.locator("#change")
    for gone in ("cost", "row id 500"):
        expect(change.locator(".gone", has_text=gone)).to_have_count(1)
    for name in APIS:
        assert "cost" not in answer_of(page, name)
        assert not re.search(r"\b500\b", answer_of(page, name))
        assert "cost" not in request_of(page, name).input_value()


def test_the_rule_that_decided_is_named_with_its_line(demo_suite, visit) -> None:
    lines = (ROOT / "demo" / "trivet.yaml").read_text().splitlines()
    page = visit(demo_suite, "/?role=customer&resource=orders")
    rule = page.locator(".rule", has_text="what customer may see of orders")
    place = rule.locator(".place").inner_text()
    assert place.startswith("trivet.yaml:")
    line = int(place.partition(":")[2])
    assert lines[line - 1].strip().startswith("select:")
    assert "customer_id: {_eq: X-Hasura-Customer-Id}" in rule.locator("pre").inner_text()
    become(page, "clerk")
    expect(page.locator(".rule", has_text="what clerk may see of orders")).to_be_visible()
    expect(page.locator("#rule-list")).not_to_contain_text("customer may")


def test_the_statement_behind_them_is_shown_without_values(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=customer&resource=orders")
    expect(page.locator("#statement-hint")).to_contain_text("The same select in each")
    statement = page.locator("#statement-list pre").first.inner_text()
    assert 't1."customer_id" = +?' in statement
    assert page.locator("#statement-list summary").all_inner_texts() == ["REST and SOAP", "GraphQL"]


def test_a_resource_that_a_role_may_not_see_is_refused_by_all_three(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=orders", refusals=True)
    become(page, "anonymous")
    expect(page.locator("#change")).to_contain_text("anonymous may not see orders, in none of the three")
    for name in APIS:
        outcome(page, name, "✗")
    expect(page.locator("#rule-list")).to_contain_text("no line")
    expect(page.locator("#rule-list")).to_contain_text("lets anonymous see orders")
    expect(page.locator("#statements")).to_be_hidden()
    become(page, "clerk")
    expect(page.locator("#change")).to_contain_text("orders can be seen now")
    for name in APIS:
        outcome(page, name, "5 rows")


def test_what_was_edited_is_kept_when_the_eyes_change(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=products", refusals=True)
    request_of(page, "REST").fill("GET /rest/v1/products?select=id,cost&limit=1")
    become(page, "anonymous")
    assert request_of(page, "REST").input_value() == "GET /rest/v1/products?select=id,cost&limit=1"
    outcome(page, "REST", "400")
    outcome(page, "SOAP", "5 rows")


def test_documents_are_those_of_the_role(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=products")
    with page.expect_download() as download:
        page.get_by_role("link", name="WSDL").click()
    assert download.value.suggested_filename == "trivet.wsdl"
    assert "ListSettings" in download.value.path().read_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="OpenAPI").click()
    assert "/settings" in json.loads(download.value.path().read_text())["paths"]


def test_swagger_ui_asks_as_the_role(demo_suite, visit) -> None:
    page = visit(demo_suite, "/explore/rest?role=clerk")
    page.locator(".opblock-tag", has_text="sales_by_month").click()
    page.locator(".opblock-get .opblock-summary-control").first.click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response .response-col_status")
    expect(answer).to_contain_text("200")
    page.get_by_text("anonymous", exact=True).click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".opblock-tag", has_text="products").first).to_be_visible()
    expect(page.locator(".opblock-tag", has_text="sales_by_month")).to_have_count(0)


def test_graphiql_asks_as_the_role(demo_suite, visit) -> None:
    page = visit(demo_suite, "/explore/graphql?role=clerk")
    expect(page.locator(".graphiql-query-editor")).to_contain_text("orders")
    page.get_by_role("button", name=re.compile("Execute")).click()
    expect(page.locator(".graphiql-response")).to_contain_text('"customer_id"')
    page.get_by_text("anonymous", exact=True).click()
    expect(page.locator(".graphiql-query-editor")).to_contain_text("products")


@pytest.fixture(scope="module")
def own_suite(tmp_path_factory):
    """A database of one's own: nothing is open, and nobody is offered."""
    folder = tmp_path_factory.mktemp("own")
    with sqlite3.connect(folder / "own.db") as connection:
        connection.executescript(
            'create table "Order Details" (id integer primary key, "unit price" decimal(8,2)); '
            'insert into "Order Details" values (1, 2.50), (2, 3);'
        )
    connection.close()
    with Suite(f"sqlite:///{folder / 'own.db'}") as suite:
        yield suite


def test_a_database_of_ones_own_is_closed_until_one_signs_in(own_suite, visit) -> None:
    page = visit(own_suite, refusals=True)
    expect(page.locator("#seen")).to_contain_text("you see no table or view. Sign in")
    expect(page.get_by_role("radio")).to_have_count(0)
    expect(page.locator(".panes")).to_be_hidden()
    expect(page.locator("#behind")).to_be_hidden()
    page.get_by_label("Email").fill("admin@trivet.local")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Invalid")
    page.get_by_label("Password").fill(own_suite.admin_password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_have_text("admin@trivet.local")
    for name in APIS:
        outcome(page, name, "2 rows")
        assert "2.50" in answer_of(page, name)
    expect(page.locator("#rule-list")).to_contain_text("admin may do everything")
    expect(page.locator("#statement-list")).to_contain_text("Order Details")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#seen")).to_contain_text("you see no table or view")
    for name in APIS:
        outcome(page, name, "✗")
    expect(page.locator("#behind")).to_be_hidden()
