"""The front page in a real browser: three panes that ask the running suite."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import DESK, PHONE

APIS = ("REST", "GraphQL", "SOAP")


def pane(page: Page, name: str):
    return page.locator(".pane", has=page.get_by_role("heading", name=name, exact=True))


def request_of(page: Page, name: str):
    return page.get_by_label(f"{name} request", exact=True)


def answer_of(page: Page, name: str) -> str:
    return page.get_by_label(f"{name} answer", exact=True).inner_text()


def outcome(page: Page, name: str, text: str | re.Pattern[str]) -> None:
    expect(pane(page, name).locator(".outcome")).to_contain_text(text)


def test_one_question_is_asked_in_all_three_and_answered_with_the_same_rows(demo_suite, visit) -> None:
    page = visit(demo_suite)
    for name in APIS:
        outcome(page, name, "200 OK")
        outcome(page, name, "5 rows")
        outcome(page, name, re.compile(r"\d ms, database [\d.]+ ms"))
    names = [row["name"] for row in json.loads(answer_of(page, "REST"))]
    assert names == [row["name"] for row in json.loads(answer_of(page, "GraphQL"))["data"]["products"]]
    in_soap = re.findall(r"<Products>.*?<name>(.*?)</name>", answer_of(page, "SOAP"), re.DOTALL)
    assert in_soap == names
    assert len(names) == 5


@pytest.mark.parametrize(("size", "dark"), [(DESK, False), (PHONE, True)])
def test_it_fits_its_screen_and_can_be_read(demo_suite, visit, tmp_path, size, dark) -> None:
    page = visit(demo_suite, size=size, dark=dark)
    expect(page.locator("#behind")).to_be_visible()
    page.screenshot(path=tmp_path / f"page-{size['width']}{'-dark' if dark else ''}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    tops = {round(pane(page, name).bounding_box()["y"]) for name in APIS}
    assert len(tops) == (1 if size is DESK else 3)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(FAINT) == []


# every text whose contrast with what is behind it is below 4.5 (WCAG 2.2, 1.4.3)
FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => { for (let at = element; at; at = at.parentElement) {
    const colour = parts(getComputedStyle(at).backgroundColor); if (colour.length < 4 || colour[3] > 0) return colour; }
    return [255, 255, 255]; };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility() || element.closest("textarea, select, .skip, [disabled]")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${walker.currentNode.textContent.trim().slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return [...new Set(faint)];
}"""


def test_every_pane_can_be_edited_and_asked_again(demo_suite, visit) -> None:
    page = visit(demo_suite)
    for name, old, new in (
        ("REST", "limit=5", "limit=2"),
        ("GraphQL", "limit: 5", "limit: 3"),
        ("SOAP", "<limit>5", "<limit>1"),
    ):
        text = request_of(page, name).input_value()
        assert old in text
        request_of(page, name).fill(text.replace(old, new))
        page.get_by_role("button", name=f"Ask {name}", exact=True).click()
        outcome(page, name, f"{new[-1]} row")


def test_a_write_goes_over_the_wire_with_its_headers_and_body(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=tags")
    text = 'POST /rest/v1/tags\nPrefer: return=representation\n\n{"name": "from the page"}'
    request_of(page, "REST").fill(text)
    page.get_by_role("button", name="Ask REST").click()
    outcome(page, "REST", "201")
    (made,) = json.loads(answer_of(page, "REST"))
    expect(page.locator("#rule-list")).to_contain_text("what clerk may create of tags")
    request_of(page, "REST").fill(f"DELETE /rest/v1/tags\n  ?id=eq.{made['id']}")
    page.get_by_role("button", name="Ask REST").click()
    outcome(page, "REST", "204")


def test_mistakes_are_shown_as_each_protocol_words_them(demo_suite, visit) -> None:
    page = visit(demo_suite, refusals=True)
    request_of(page, "REST").fill("GET /rest/v1/products?select=nothing")
    request_of(page, "GraphQL").fill("{ products { nothing } }")
    request_of(page, "SOAP").fill("<not-xml")
    page.get_by_role("button", name="Ask all three").click()
    outcome(page, "REST", "400")
    outcome(page, "GraphQL", "✗ 200")
    outcome(page, "SOAP", "✗")
    assert "42703" in answer_of(page, "REST")
    assert "validation-failed" in answer_of(page, "GraphQL")
    assert "Fault" in answer_of(page, "SOAP")


def test_another_host_is_never_asked(demo_suite, visit) -> None:
    page = visit(demo_suite)
    for text in ("GET //example.org/x", "GET https://example.org/x"):
        request_of(page, "REST").fill(text)
        page.get_by_role("button", name="Ask REST").click()
        outcome(page, "REST", "Not sent")


def test_any_resource_can_be_picked(demo_suite, visit) -> None:
    page = visit(demo_suite)
    picker = page.get_by_label("Table or view")
    names = picker.locator("option").all_inner_texts()
    assert "products" in names
    picker.select_option("reviews")
    expect(request_of(page, "SOAP")).to_have_value(re.compile("<ListReviews "))
    expect(request_of(page, "REST")).to_have_value(re.compile("^GET /rest/v1/reviews\n"))
    expect(request_of(page, "GraphQL")).to_have_value(re.compile(r"reviews\("))
    for name in APIS:
        outcome(page, name, "5 rows")
    assert "resource=reviews" in page.url


def test_the_keyboard_is_enough(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?resource=products")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the question")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Table or view")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="anonymous")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="clerk")).to_be_checked()
    expect(page.locator("#change")).to_contain_text("→ clerk")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask all three")).to_be_focused()
    page.keyboard.press("Tab")
    expect(request_of(page, "REST")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("GET /rest/v1/tags?limit=4")
    page.keyboard.press("Control+Enter")
    outcome(page, "REST", "4 rows")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask REST")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("REST answer", exact=True)).to_be_focused()


def test_all_that_can_be_used_has_a_name(demo_suite, visit) -> None:
    for path in ("/", "/?role=clerk&resource=orders"):
        page = visit(demo_suite, path)
        for role in ("button", "link", "textbox", "combobox", "radio", "region"):
            for each in page.get_by_role(role).all():
                line = each.aria_snapshot().splitlines()[0]
                assert re.match(rf'- {role} "[^"]+', line), line


def test_a_request_can_be_taken_to_the_shell(demo_suite, visit) -> None:
    page = visit(demo_suite, "/?role=clerk&resource=tags")
    page.get_by_role("button", name="Copy the REST request as curl").click()
    expect(pane(page, "REST").locator(".curl")).to_have_text("Copied")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith(f"curl -u clerk@example.com:trivet-demo '{demo_suite.base_url}/rest/v1/tags?select=")
    page.get_by_role("button", name="Copy the SOAP request as curl").click()
    expect(pane(page, "SOAP").locator(".curl")).to_have_text("Copied")
    assert "--data-binary '<soap:Envelope" in page.evaluate("navigator.clipboard.readText()")


def test_numbers_are_shown_with_all_their_digits(demo_suite, visit) -> None:
    page = visit(demo_suite)
    request_of(page, "REST").fill("GET /rest/v1/products?select=price&id=eq.1")
    page.get_by_role("button", name="Ask REST").click()
    outcome(page, "REST", "1 row")
    assert '"price": 10.10' in answer_of(page, "REST")
