"""The seller hub's pages in a real Chromium within a real Airflow: roles, widths, colours and states."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.browsers import free_port, needs_chromium
from support.hub import Hub, HubServer
from support.hub_rows import fill_marts

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parents[3] / "plugins/sellerops_airflow/dashboard/web/node_modules/axe-core/axe.min.js"
PAGES = {
    "overview": "Overview", "alerts": "Alerts", "profit": "Profit", "products": "Products", "ads": "Ads",
    "restock": "Restock", "inventory": "Inventory", "shipments": "Shipments", "health": "Data health",
    "connections": "Connections", "settings": "Settings", "audit": "Audit log",
}  # fmt: skip
FOR_OWNERS = {"settings", "audit"}
ROOT = "#seller-hub"
SECONDS = 60_000
# Chromium itself reports answers such as 404; the pages tell them in words.
_NETWORK = "Failed to load resource"


@dataclass
class Visit:
    """A user's browser tab. ``problems``: what the console said."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def open(self, slug: str) -> None:
        """Load Airflow's page with a page of the hub in it."""
        self.page.goto(f"{self.url}/plugin/hub/{slug}")
        self.settle(PAGES[slug.split("?")[0].split("/")[0]])

    def go(self, title: str) -> None:
        """Follow the hub's own navigation."""
        self.page.locator(f"{ROOT} nav").get_by_role("link", name=title, exact=True).click()
        self.settle(title)

    def settle(self, title: str) -> None:
        """Wait for the page's heading, and until nothing loads."""
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for(timeout=SECONDS)
        self.page.wait_for_function(f"!document.querySelector('{ROOT} [aria-busy=true]')", timeout=SECONDS)

    @property
    def text(self) -> str:
        return self.page.locator(ROOT).inner_text()


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    needs_chromium()
    with hub_server.database() as hub:
        fill_marts(hub)
        yield hub


@pytest.fixture(scope="module")
def airflow(hub_server: HubServer) -> Iterator[str]:
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    needs_chromium()
    from playwright.sync_api import sync_playwright

    from sellerops.browsers.executable import find_chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
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


@pytest.mark.parametrize("role", ["owner", "partner"])
def test_every_page_works_without_errors_in_the_console(
    chromium: Browser, hub: Hub, airflow: str, role: str
) -> None:
    """At both widths and in both colours, and nothing is wider than a phone."""
    with visit(chromium, hub, airflow, role, viewport={"width": 1280, "height": 900}) as tab:
        tab.open("overview")
        for slug, title in PAGES.items():
            link = tab.page.locator(f"{ROOT} nav").get_by_role("link", name=title, exact=True)
            assert link.count() == (0 if slug in FOR_OWNERS and role == "partner" else 1), title
            if link.count() == 0:
                continue
            tab.go(title)
            assert "This page failed" not in tab.text, title
            assert tab.problems == [], title
            tab.page.set_viewport_size({"width": 390, "height": 844})
            wide = tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{title} is {wide} px wider than a phone"
            tab.page.set_viewport_size({"width": 1280, "height": 900})
            tab.problems.clear()
