"""The seller hub's pages in a real Chromium within a real Airflow: roles, widths, colours and states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from support.browsers import free_port, needs_chromium
from support.hub import Hub, HubServer
from support.hub_browser import DESK, PAGES, PHONE, ROOT, SECONDS, Visit, visit
from support.hub_rows import fill_marts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = Path(__file__).parents[3] / "plugins/sellerops_airflow/dashboard/web/node_modules/axe-core/axe.min.js"
FOR_OWNERS = {"settings", "audit"}
OF_FIGURES = ("overview", "profit", "products", "ads", "restock")
FAILURES = ("This page failed", "This could not be loaded", "The hub did not accept this request")


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    needs_chromium()
    with hub_server.database() as hub:
        fill_marts(hub)
        yield hub


@pytest.mark.parametrize("role", ["owner", "partner"])
def test_every_page_works_without_errors_in_the_console(
    chromium: Browser, hub: Hub, airflow: str, role: str
) -> None:
    """Each page that the role sees, and nothing is wider than a phone."""
    with visit(chromium, hub, airflow, role, viewport=DESK) as tab:
        tab.open("overview")
        for slug, title in PAGES.items():
            link = tab.page.locator(f"{ROOT} nav").get_by_role("link", name=title, exact=True)
            assert link.count() == (0 if slug in FOR_OWNERS and role == "partner" else 1), title
            if link.count() == 0:
                continue
            tab.go(title)
            assert not [words for words in FAILURES if words in tab.text], title
            assert tab.problems == [], title
            tab.page.set_viewport_size(PHONE)
            assert tab.fits(), f"{title} is wider than a phone: {tab.widest()}"
            tab.page.set_viewport_size(DESK)


@pytest.mark.parametrize(("colours", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_nothing_serious(
    chromium: Browser, hub: Hub, airflow: str, colours: str, size: Any
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed; make hub installs it")
    with visit(chromium, hub, airflow, "owner", viewport=size) as tab:
        tab.page.add_init_script(f"localStorage.setItem('theme', '{colours}')")
        tab.open("overview")
        assert tab.page.locator("html").get_attribute("class") == colours
        tab.page.add_script_tag(path=AXE)
        found: dict[str, list[str]] = {}
        for title in PAGES.values():
            tab.go(title)
            found[title] = _serious(tab)
            # On a phone, other tabs have the components of the first ones.
            others = tab.page.locator(f"{ROOT} [role=tab][aria-selected=false]") if size is DESK else None
            for name in others.all_inner_texts() if others else []:
                tab.page.get_by_role("tab", name=name, exact=True).click()
                tab.page.get_by_role("tabpanel", name=name, exact=True).wait_for(timeout=SECONDS)
                tab.settle(title)
                found[f"{title}, {name}"] = _serious(tab)
        assert len(found) > len(PAGES) or size is PHONE
        assert {title: findings for title, findings in found.items() if findings} == {}


def _serious(tab: Visit) -> list[str]:
    found: list[str] = tab.page.evaluate(
        """async (root) => (await axe.run(root, {resultTypes: ["violations"]})).violations
            .filter(({impact}) => impact === "serious" || impact === "critical")
            .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))""",
        ROOT,
    )
    return found


def test_without_figures_pages_say_what_to_switch_on(
    chromium: Browser, hub_server: HubServer, airflow: str
) -> None:
    with (
        hub_server.database() as empty,
        visit(chromium, empty, airflow, "owner", viewport=DESK) as tab,
    ):
        tab.open("overview")
        for slug in OF_FIGURES:
            tab.go(PAGES[slug])
            # The page that is left may still be shown, settled.
            tab.page.locator(ROOT).get_by_text("marts__").first.wait_for(timeout=SECONDS)
        assert tab.errors == []


def test_a_switch_an_owner_flips_holds_and_is_in_the_audit_log(
    chromium: Browser, hub_server: HubServer, airflow: str
) -> None:
    with (
        hub_server.database() as fresh,
        visit(chromium, fresh, airflow, "owner", viewport=DESK) as tab,
    ):
        tab.open("settings")
        switch = tab.page.get_by_role("checkbox", name="Partners see costs and profit")
        assert not switch.is_checked()
        tab.page.get_by_text("Partners see costs and profit", exact=True).click()
        tab.page.get_by_text("Saved.").wait_for(timeout=SECONDS)
        assert switch.is_checked()
        (stored,) = fresh.rows("SELECT value, changed_by FROM sellerops.hub_setting")
        assert stored == {"value": True, "changed_by": "owner"}
        tab.go("Audit log")
        row = tab.page.locator(f"{ROOT} tbody tr")
        assert row.count() == 1
        assert "owner" in row.inner_text()
        assert "partner_sees_costs" in row.inner_text()
        assert tab.errors == []


def test_an_absent_database_is_told_and_airflow_goes_on(
    chromium: Browser, hub_server: HubServer, airflow: str
) -> None:
    from sellerops_airflow.runtime import Runtime, use_runtime

    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none?connect_timeout=1"
    with (
        hub_server.database() as hub,
        use_runtime(Runtime(lambda: nowhere, lambda: "", lambda: nowhere)),
        visit(chromium, hub, airflow, "owner", viewport=DESK) as tab,
    ):
        tab.page.goto(f"{airflow}/plugin/hub/profit")
        tab.page.get_by_role("alert").wait_for(timeout=SECONDS)
        assert "database does not answer" in tab.text
        assert "Try again" in tab.text
        tab.page.goto(f"{airflow}/dags")
        tab.page.get_by_role("heading", name="Dags").wait_for(timeout=SECONDS)
        assert tab.errors == []


def test_a_slow_database_slows_nothing_else(chromium: Browser, hub: Hub, airflow: str) -> None:
    with (
        psycopg.connect(hub.conninfo) as slow,
        visit(chromium, hub, airflow, "owner", viewport=DESK) as tab,
    ):
        tab.page.goto(f"{airflow}/plugin/hub/profit")
        tab.settle("Profit")
        slow.execute("LOCK TABLE sellerops_marts.profit_day")
        tab.go("Overview", wait=False)
        tab.page.locator(f"{ROOT} [aria-busy=true]").first.wait_for(timeout=SECONDS)
        # The table is still locked.
        others = [tab.page.request.get(f"{airflow}/{path}") for path in ("api/v2/version", "api/v2/dags")]
        assert [answer.status for answer in others] == [200, 200]
        slow.rollback()
        tab.settle("Overview")
        assert tab.errors == []
