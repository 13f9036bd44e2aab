"""A user's browser tab in the seller hub: a real Chromium within a real Airflow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.browsers import free_port, needs_chromium
from support.hub import Hub

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PAGES = {
    "overview": "Overview", "alerts": "Alerts", "profit": "Profit", "products": "Products", "ads": "Ads",
    "restock": "Restock", "inventory": "Inventory", "shipments": "Shipments", "health": "Data health",
    "connections": "Connections", "settings": "Settings", "audit": "Audit log",
}  # fmt: skip
ROOT = "#seller-hub"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SECONDS = 60_000
# Chromium itself reports answers such as 404; the pages tell them in words.
_NETWORK = "Failed to load resource"


@dataclass
class Visit:
    """A user's browser tab. ``problems``: what the console said."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, place: str, title: str = "") -> None:
        """Load Airflow's page with a page of the hub in it. ``title``: its heading, if not the usual one."""
        self.page.goto(f"{self.url}/plugin/hub/{place}")
        self.settle(title or PAGES[place.partition("?")[0]])

    def go(self, title: str, *, wait: bool = True) -> None:
        """Follow the hub's own navigation, which is behind a button on a phone."""
        menu = self.page.locator(f"{ROOT} nav").get_by_role("button")
        if menu.is_visible() and menu.get_attribute("aria-expanded") == "false":
            menu.click()
        self.page.locator(f"{ROOT} nav").get_by_role("link", name=title, exact=True).click()
        if wait:
            self.settle(title)

    def settle(self, title: str) -> None:
        """Wait for the page's heading, and until nothing loads."""
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for(timeout=SECONDS)
        self.page.wait_for_function(f"!document.querySelector('{ROOT} [aria-busy=true]')", timeout=SECONDS)

    def fits(self) -> bool:
        """Whether nothing is wider than the window, once charts have taken its width."""
        from playwright.sync_api import TimeoutError as TooLate

        try:
            self.page.wait_for_function(
                "document.documentElement.scrollWidth <= innerWidth", timeout=SECONDS / 4
            )
        except TooLate:
            return False
        return True

    def widest(self) -> str:
        """The beginning of the innermost element that sticks out, for a failing test's message."""
        found: str = self.page.evaluate(
            """(root) => [...document.querySelectorAll(root + " *")]
                .filter((each) => each.getBoundingClientRect().right > innerWidth
                    && !each.closest("[role=region], [role=grid], [role=tablist]"))
                .at(-1)?.outerHTML.slice(0, 300) ?? "" """,
            ROOT,
        )
        return found

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Click the button of this name."""
        (within or self.page.locator(ROOT)).get_by_role("button", name=name, exact=True).click()

    @contextmanager
    def dialog(self, opener: str, confirm: str, *, within: Locator | None = None) -> Iterator[Locator]:
        """Open a dialog, fill it in within the block, confirm it and wait until it has closed."""
        self.press(opener, within=within)
        # The side panel is a dialog, too; what was opened last is on top.
        found = (
            self.page.locator("[role=dialog], [role=alertdialog]")
            .filter(has=self.page.get_by_role("button", name=confirm, exact=True))
            .last
        )
        found.wait_for(timeout=SECONDS)
        yield found
        found.get_by_role("button", name=confirm, exact=True).click()
        found.wait_for(state="detached", timeout=SECONDS)

    def told(self, words: str) -> None:
        """Wait for a message that contains these words."""
        self.page.get_by_text(words).first.wait_for(timeout=SECONDS)

    @property
    def errors(self) -> list[str]:
        """What the console said, without answers such as 404, which the pages tell in words."""
        return [line for line in self.problems if _NETWORK not in line]

    @property
    def text(self) -> str:
        return self.page.locator(ROOT).inner_text()


@contextmanager
def running_airflow() -> Iterator[str]:
    """The address of Airflow's api-server with the plugin; it runs in a thread of this process."""
    import uvicorn
    from airflow.api_fastapi.app import create_app

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """A headless browser. Skips the test where none is installed."""
    needs_chromium()
    from playwright.sync_api import sync_playwright

    from sellerops.browsers.executable import find_chromium
    from sellerops.browsers.process import NO_BACKGROUND_REQUESTS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", *NO_BACKGROUND_REQUESTS]
        )
        yield browser
        browser.close()


@contextmanager
def visit(chromium: Browser, hub: Hub, airflow: str, role: str, **options: Any) -> Iterator[Visit]:
    """A tab of a logged-in user."""
    context = chromium.new_context(**options)
    token = hub.client("ADMIN" if role == "owner" else "VIEWER", role).cookies["_token"]
    context.add_cookies([{"name": "_token", "value": token, "url": airflow}])
    found = Visit(context.new_page(), airflow)
    found.page.on("console", lambda line: found.problems.append(line.text) if line.type == "error" else None)
    found.page.on("pageerror", lambda error: found.problems.append(str(error)))
    yield found
    context.close()
