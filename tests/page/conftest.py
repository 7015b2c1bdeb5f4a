"""Chromium before the running suite; whatever a page complains of, or asks elsewhere, fails the test that showed it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.fixtures.suite import Suite

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium (else the one that playwright has installed)."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watch:
    """What a page's console says, and where its requests go."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.base_url = base_url
        self.troubles: list[str] = []
        self.refusals = False  # whether answers of 4xx, which the browser reports too, are what the test is about
        context.on("console", lambda message: self._said(message.type, message.text, message.location["url"]))
        context.on("weberror", lambda error: self.troubles.append(f"crash: {error.error}"))
        context.on("request", lambda request: self._went(request.url))

    def _said(self, kind: str, text: str, url: str) -> None:
        if kind not in ("error", "warning") or (self.refusals and text.startswith("Failed to load resource")):
            return
        self.troubles.append(f"{kind}: {text} ({url})")

    def _went(self, url: str) -> None:
        if not url.startswith((f"{self.base_url}/", "data:", "blob:")):
            self.troubles.append(f"a request left for {url}")


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[list[Watch]]:
    """The watches over all pages of a test; at its end they must have seen nothing."""
    watches: list[Watch] = []
    yield watches
    assert [trouble for each in watches for trouble in each.troubles] == []


@pytest.fixture
def visit(browser: Browser, watch: list[Watch], tmp_path: Path) -> Iterator[Open]:
    """Open a page of a suite, and wait until it has settled; a context of its own each."""
    contexts: list[BrowserContext] = []

    def visit(suite: Suite, path: str = "/", *, size=DESK, dark: bool = False, refusals: bool = False) -> Page:
        scheme = "dark" if dark else "light"
        context = browser.new_context(viewport=size, color_scheme=scheme, accept_downloads=True)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        watch.append(Watch(context, suite.base_url))
        watch[-1].refusals = refusals
        page = context.new_page()
        page.set_default_timeout(10_000)
        response = page.goto(suite.base_url + path)
        assert response is not None
        assert response.status == 200
        page.wait_for_load_state("networkidle")
        return page

    yield visit
    for context in contexts:
        context.close()
