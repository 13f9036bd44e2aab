"""Every write of the seller hub, done by an owner in a real Chromium within a real Airflow.

No scheduler runs here, so what starts a run ends with a queued one; tests/e2e/test_hub.py sees one through.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.hub import ACCOUNT, US, Hub, HubServer, store_dag
from support.hub_browser import DESK, SECONDS, Visit, visit
from support.hub_rows import SKUS, fill_marts

from sellerops.settings.specs import load_spec

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = NOW.date()
SALES = load_spec("sales_and_traffic")
CONNECTION = f"amazon_sp_{ACCOUNT}"
# What only owners may press, by the page's address and heading.
WRITES = {
    ("alerts", "Alerts"): "Evaluate now…",
    ("connections", "Connections"): "Test all now",
    ("health?tab=mapping", "Data health"): "Upload CSV…",
    ("inventory?tab=elsewhere", "Inventory"): "Add stock",
    (f"restock/{ACCOUNT}/{US}/{SKUS[0]}", SKUS[0]): "Set a quantity",
}


@pytest.fixture
def writing(chromium: Browser, hub_server: HubServer, airflow: str) -> Iterator[tuple[Hub, Visit]]:
    """A database of a test's own, and an owner's tab."""
    with (
        hub_server.database() as hub,
        visit(chromium, hub, airflow, "owner", viewport=DESK) as tab,
    ):
        yield hub, tab
        assert tab.errors == []


def test_alerts_are_acknowledged_snoozed_woken_and_evaluated(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    alert = {"account_id": ACCOUNT, "marketplace_id": US, "name": "stock_out", "severity": "urgent",
             "money_per_day": 10, "currency": "USD", "rank_money": 10, "evidence": "{}"}  # fmt: skip
    hub.add_to(
        "sellerops.alert",
        *({**alert, "subject": sku, "summary": f"{sku} is out of stock"} for sku in ("KETTLE", "MUG")),
    )
    store_dag("marts__alerts", file="alerts")
    tab.open("alerts")
    for sku in ("KETTLE", "MUG"):
        tab.page.locator("label", has=tab.page.get_by_role("checkbox", name=sku)).click()
    with tab.dialog("Acknowledge…", "Acknowledge") as dialog:
        dialog.get_by_label("Note").fill("ordered by phone")
    assert hub.rows("SELECT subject, acknowledged_by, note FROM sellerops.alert ORDER BY subject") == [
        {"subject": sku, "acknowledged_by": "owner", "note": "ordered by phone"} for sku in ("KETTLE", "MUG")
    ]
    tab.page.locator("label", has=tab.page.get_by_role("checkbox", name="MUG")).click()
    with tab.dialog("Snooze…", "Snooze") as dialog:
        dialog.get_by_label("Until").fill((TODAY + timedelta(days=3)).isoformat())
    snoozed = "SELECT subject FROM sellerops.alert WHERE snoozed_until > sellerops.now()"
    assert hub.rows(snoozed) == [{"subject": "MUG"}]
    tab.settle("Alerts")
    tab.page.get_by_role("row").filter(has_text="MUG is out of stock").get_by_role("button").click()
    tab.page.get_by_role("button", name="End the snooze").click()
    _until(tab, lambda: hub.rows(snoozed) == [])
    tab.page.keyboard.press("Escape")
    with tab.dialog("Evaluate now…", "Evaluate"):
        pass
    tab.told("The alerts are being evaluated")
    assert _runs("marts__alerts") == [("owner", {})]
    assert _actions(hub) == ["alert.acknowledge", "alert.snooze", "alert.wake", "alert.run"]


def test_a_setting_of_an_account_is_changed_and_reset(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    stored = f"SELECT refund_day FROM sellerops_reference.account_setting WHERE account_id = '{ACCOUNT}'"
    tab.open("settings")
    field = tab.page.get_by_label("Refunds count on").first
    field.select_option("order")
    tab.told("Saved. The marts that use it")
    assert hub.rows(stored) == [{"refund_day": "order"}]
    tab.page.get_by_role("button", name="Reset Refunds count on").click()
    _until(tab, lambda: field.input_value() == "refund")
    assert hub.rows(stored) == [{"refund_day": "refund"}]


def test_a_connection_is_tested_and_its_secrets_day_noted(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    store_dag("sellerops__connections")
    tab.open("connections")
    with tab.dialog(f"Record renewal of the client secret of {CONNECTION}", "Save") as dialog:
        dialog.get_by_label("Renewed on").fill("2026-06-01")
    row = tab.page.get_by_role("row").filter(has_text=CONNECTION)
    row.get_by_text("7 days left").wait_for(timeout=SECONDS)
    tab.press(f"Test now: {CONNECTION}")
    tab.told("A run that tests the connections has started")
    assert _runs("sellerops__connections") == [("owner", {"connections": [CONNECTION]})]
    assert tab.page.get_by_role("button", name="Testing").is_disabled(), "it waits for the answer"
    # As the run does once the other side has answered.
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        (run,) = session.query(DagRun).filter_by(dag_id="sellerops__connections").all()
        run_id = run.run_id
    hub.add_to(
        "sellerops.connection_test",
        {"connection": CONNECTION, "state": "ok", "message": "It works.", "run_id": run_id, "tested_at": NOW},
    )
    row.get_by_text("Works", exact=True).wait_for(timeout=SECONDS)


def test_a_gap_is_filled_from_its_cell(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    store_dag(SALES.dag_id, file=f"report_dags_{_part(SALES.dag_id)}")
    days = [TODAY - timedelta(days=ago) for ago in range(1, 20)]
    missing = {TODAY - timedelta(days=10), TODAY - timedelta(days=11)}
    row = {"report": SALES.name, "account_id": ACCOUNT, "marketplace_id": US, "state": "LOADED",
           "dag_id": SALES.dag_id, "run_id": "scheduled", "updated_at": NOW}  # fmt: skip
    hub.add_to("sellerops.slice_state", *({**row, "day": day} for day in days if day not in missing))
    gap = (TODAY - timedelta(days=10)).isoformat()
    # The panel hides the page behind it from screen readers, its heading too.
    tab.page.goto(f"{tab.url}/plugin/hub/health?cell={SALES.name}|{ACCOUNT}|{US}|{gap}")
    with tab.dialog("Start the run…", "Start the run", within=tab.page.locator("[role=dialog]")):
        pass
    tab.told("Started ")
    ((user, conf),) = _runs(SALES.dag_id)
    assert user == "owner"
    assert (conf["from_day"], conf["to_day"]) == ("2026-11-10", "2026-11-11")
    assert (conf["accounts"], conf["marketplaces"]) == ([ACCOUNT], ["US"])
    assert len(hub.rows("SELECT * FROM sellerops.gap_fill WHERE released_at IS NULL")) == 1
    assert _actions(hub) == ["gap.fill"]


def test_a_mapping_is_accepted_and_uploaded(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    known = {"known_since": TODAY, "last_seen": TODAY}
    product = {**known, "is_resold": False, "is_listed": True, "asins": 1}
    hub.add("product", {**product, "sku": "LAMP", "asin": "B02", "own_id": "200", "missing": ""})
    for sku in ("OTHER", "MUG"):
        hub.add("product", {**product, "sku": sku, "asin": "B02", "missing": "mapping"})
    hub.add("unmapped_product", {**known, "sku": "OTHER", "asin": "B02", "reason": "own_id"})
    hub.make("unmapped_day")
    tab.open("health?tab=mapping")
    with tab.dialog("Accept the suggestion for OTHER", "Accept"):
        pass
    mapped = "SELECT sku, own_id FROM sellerops_reference.product_mapping ORDER BY sku"
    assert hub.rows(mapped) == [{"sku": "OTHER", "own_id": "200"}]
    with tab.dialog("Upload CSV…", "Store") as dialog:
        upload = dialog.get_by_label("File")
        upload.set_input_files(_csv(f"account,sku,color\n{ACCOUNT},MUG,red\n"))
        dialog.get_by_role("alert").wait_for(timeout=SECONDS)
        assert dialog.get_by_role("button", name="Store").is_disabled()
        upload.set_input_files(_csv(f"account,sku,own_id\n{ACCOUNT},MUG,100\n"))
        dialog.get_by_text("1 would be added").wait_for(timeout=SECONDS)
    tab.told("Stored: 1 added")
    assert hub.rows(mapped) == [{"sku": "MUG", "own_id": "100"}, {"sku": "OTHER", "own_id": "200"}]
    assert _actions(hub) == ["mapping.accept", "mapping.upload"]


def test_own_stock_is_added_edited_and_deleted(writing: tuple[Hub, Visit]) -> None:
    hub, tab = writing
    hub.make("inventory_levels", "restock", "fba_shipments")
    hub.add("product", {"sku": "KETTLE", "title": "Blue kettle"})
    stored = "SELECT sku, quantity, reference FROM sellerops_reference.stock_elsewhere"
    tab.open("inventory?tab=elsewhere")
    with tab.dialog("Add stock", "Store") as dialog:
        if dialog.get_by_label("Account").count():
            dialog.get_by_label("Account").select_option(ACCOUNT)
        dialog.get_by_label("SKU").fill("KETTLE")
        dialog.get_by_label("Warehouse", exact=True).fill("Dallas")
        dialog.get_by_role("spinbutton", name="Units").fill("40")
    assert hub.rows(stored) == [{"sku": "KETTLE", "quantity": 40, "reference": "Dallas"}]
    with tab.dialog("Edit KETTLE", "Store") as dialog:
        dialog.get_by_role("spinbutton", name="Units").fill("25")
    assert hub.rows(stored) == [{"sku": "KETTLE", "quantity": 25, "reference": "Dallas"}]
    with tab.dialog("Delete KETTLE", "Delete it"):
        pass
    tab.told("Deleted.")
    assert hub.rows(stored) == []
    assert len(_actions(hub)) == 3


def test_a_quantity_is_set_and_ended_and_a_proposal_becomes_one_inbound_run(
    writing: tuple[Hub, Visit],
) -> None:
    hub, tab = writing
    fill_marts(hub)
    store_dag("fba_inbound")
    tab.open(f"restock/{ACCOUNT}/{US}/{SKUS[0]}", SKUS[0])
    with tab.dialog("Set a quantity", "Set this quantity") as dialog:
        dialog.get_by_label("Units to order").fill("48")
        dialog.get_by_label("Reason").fill("trade fair")
    override = "SELECT quantity, reason, author, ended_by FROM sellerops.restock_override"
    assert hub.rows(override) == [
        {"quantity": 48, "reason": "trade fair", "author": "owner", "ended_by": None}
    ]
    tab.settle(SKUS[0])
    with tab.dialog("End", "End it"):
        pass
    assert [row["ended_by"] for row in hub.rows(override)] == ["owner"]
    with tab.dialog("Ship it to FBA…", "Start the inbound run") as dialog:
        dialog.get_by_label(f"Units of {SKUS[0]} to send").fill("24")
    tab.page.wait_for_url("**/dags/fba_inbound/runs/**", timeout=SECONDS)
    ((user, conf),) = _runs("fba_inbound")
    assert user == "owner"
    assert (conf["account"], conf["items"]) == (ACCOUNT, [{"sku": SKUS[0], "quantity": 24}])
    assert len(_actions(hub)) == 3


def test_partners_find_nothing_to_press(chromium: Browser, hub_server: HubServer, airflow: str) -> None:
    found = {}
    with hub_server.database() as hub:
        fill_marts(hub)
        for role in ("owner", "partner"):
            with visit(chromium, hub, airflow, role, viewport=DESK) as tab:
                for (place, title), button in WRITES.items():
                    tab.open(place, title)
                    found[role, title] = tab.page.get_by_role("button", name=button, exact=True).count()
    assert found == {
        (role, title): int(role == "owner") for role in ("owner", "partner") for _, title in WRITES
    }


def _until(tab: Visit, holds: Any) -> None:
    """Wait until it holds, by the browser's clock."""
    for _ in range(100):
        if holds():
            return
        tab.page.wait_for_timeout(100)
    assert holds()


def _part(dag_id: str) -> int:
    from sellerops_airflow.dag_factory.reports import part_of

    return part_of(dag_id)


def _runs(dag_id: str) -> list[tuple[str, Any]]:
    """Who started runs of the DAG, and their conf."""
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.query(DagRun).filter_by(dag_id=dag_id).order_by(DagRun.id).all()
        return [(run.triggering_user_name, run.conf) for run in found]


def _actions(hub: Hub) -> list[str]:
    return [row["action"] for row in hub.rows("SELECT action FROM sellerops.audit_entry ORDER BY id")]


def _csv(text: str) -> Any:
    return {"name": "mapping.csv", "mimeType": "text/csv", "buffer": text.encode()}
