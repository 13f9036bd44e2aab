"""The Alerts page: counts equal the rows they open, decisions are noted, costs are hidden from partners."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.hub import ACCOUNT, US, Hub, HubServer

from sellerops.alerts.specs import SETTINGS, load_alerts
from sellerops_airflow.dashboard import runs
from sellerops_airflow.dashboard.access import COSTS_HIDDEN
from sellerops_airflow.dashboard.runs import StartedRun

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ALERTS = "/hub/api/alerts"
EU = "northwind_eu"


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    """For tests that change nothing."""
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


@pytest.fixture
def own_hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database() as hub:
        _fill(hub)
        yield hub


def test_each_tile_is_the_number_of_rows_it_opens(hub: Hub) -> None:
    tiles = hub.owner.get(f"{ALERTS}/tiles").json()
    for state, count in {"open": 4, "acknowledged": 1, "snoozed": 1}.items():
        assert tiles[state] == _rows(hub, state=state)["row_count"] == count
    assert tiles["urgent"] == _rows(hub, state="open", severity="urgent")["row_count"] == 2
    rows = _rows(hub, state="open")["rows"]
    for each in tiles["money"]:
        amounts = [Decimal(row["rank_money"]) for row in rows if row["rank_currency"] == each["currency"]]
        assert (Decimal(each["money"]), each["alerts"]) == (sum(amounts), len(amounts))
    assert {each["currency"] for each in tiles["money"]} == {"EUR", "USD"}, "two currencies are never added"
    assert tiles["unknown"] == sum(row["rank_money"] is None for row in rows) == 1
    assert _rows(hub, state="ended")["row_count"] == 1
    assert _rows(hub)["row_count"] == 6
    assert tiles["failing"] == 1


def test_urgent_alerts_come_first_then_those_with_most_money(hub: Hub) -> None:
    rows = _rows(hub, state="open")["rows"]
    assert [row["subject"] for row in rows] == ["B", "A", "C", "D"]
    by_money = _rows(hub, state="open", sort="rank_money", direction="desc")["rows"]
    assert [row["subject"] for row in by_money] == ["C", "B", "A", "D"]


def test_an_acknowledgement_and_a_snooze_are_noted_with_before_and_after(own_hub: Hub) -> None:
    hub = own_hub
    a, b = (row["id"] for row in _rows(hub, state="open", severity="urgent")["rows"])
    assert hub.partner.post(f"{ALERTS}/acknowledge", json={"ids": [a]}).status_code == 403
    told = hub.owner.post(f"{ALERTS}/acknowledge", json={"ids": [a, b], "note": "ordered"})
    assert told.json() == {"ids": [a, b]}
    assert _rows(hub, state="acknowledged")["row_count"] == 3
    entry = _entry(hub, "alert.acknowledge")
    assert (entry["user_name"], entry["account_id"]) == ("owner", ACCOUNT)
    assert [each["acknowledged_by"] for each in entry["before"]] == [None, None]
    assert [(each["id"], each["acknowledged_by"], each["note"]) for each in entry["after"]] == [
        (a, "owner", "ordered"), (b, "owner", "ordered"),
    ]  # fmt: skip

    until = (NOW + timedelta(days=3)).date()
    snoozed = hub.owner.post(f"{ALERTS}/snooze", json={"ids": [a], "until": until.isoformat()})
    assert snoozed.status_code == 200
    (stored,) = hub.rows("SELECT snoozed_until, snoozed_by, note FROM sellerops.alert WHERE id = %s", a)
    # The day counts as a whole; a note stays when none is given.
    assert stored["snoozed_until"] == datetime(2026, 11, 25, tzinfo=UTC)
    assert (stored["snoozed_by"], stored["note"]) == ("owner", "ordered")
    hub.owner.post(f"{ALERTS}/wake", json={"ids": [a]})
    assert a not in [row["id"] for row in _rows(hub, state="snoozed")["rows"]]
    assert _entry(hub, "alert.wake")["before"][0]["snoozed_until"].startswith("2026-11-25")


@pytest.mark.parametrize("until", [date(2026, 11, 20), date(2028, 1, 1)])
def test_a_snooze_ends_on_a_day_to_come(hub: Hub, until: date) -> None:
    (alert, *_) = _rows(hub, state="open")["rows"]
    told = hub.owner.post(f"{ALERTS}/snooze", json={"ids": [alert["id"]], "until": until.isoformat()})
    assert told.status_code == 422
    assert hub.rows("SELECT * FROM sellerops.audit_entry") == []


def test_what_is_no_longer_open_is_not_decided(hub: Hub) -> None:
    (ended,) = _rows(hub, state="ended")["rows"]
    told = hub.owner.post(f"{ALERTS}/acknowledge", json={"ids": [ended["id"]]})
    assert (told.status_code, "Reload" in told.json()["detail"]) == (409, True)
    assert hub.rows("SELECT * FROM sellerops.audit_entry") == []


def test_partners_see_no_money_and_no_margin(hub: Hub) -> None:
    found = hub.partner.get(ALERTS).json()
    assert {"money_per_day", "rank_money", "evidence"} <= set(found["hidden"])
    rows = {row["subject"]: row for row in found["rows"]}
    assert {(row["money_per_day"], row["evidence"]) for row in found["rows"]} == {(None, None)}
    assert rows["A"]["summary"] == COSTS_HIDDEN, "its text has the margin"
    assert rows["D"]["summary"] == "D is met"
    money = hub.partner.get(f"{ALERTS}/tiles").json()["money"]
    assert {each["money"] for each in money} == {None}


def test_texts_of_alerts_that_tell_costs_or_are_unknown_are_hidden(own_hub: Hub) -> None:
    for name in ("owed_expiring", "no_longer_configured"):
        own_hub.rows("UPDATE sellerops.alert SET name = %s WHERE subject = 'D' RETURNING id", name)
        for client, told in ((own_hub.partner, COSTS_HIDDEN), (own_hub.owner, "D is met")):
            rows = client.get(ALERTS, params={"name": name}).json()["rows"]
            assert [row["summary"] for row in rows] == [told], name
        csv = own_hub.partner.get(ALERTS, params={"name": name, "format": "csv"})
        assert "D is met" not in csv.text


def test_the_order_tells_partners_nothing_about_money(own_hub: Hub) -> None:
    def order(client: Any) -> list[str]:
        return [row["subject"] for row in client.get(ALERTS, params={"state": "open"}).json()["rows"]]

    before = order(own_hub.partner)
    own_hub.rows("UPDATE sellerops.alert SET rank_money = 100 - rank_money RETURNING id")
    assert order(own_hub.partner) == before
    assert order(own_hub.owner)[:2] == ["A", "B"]


def test_settings_are_those_of_the_files(hub: Hub) -> None:
    kinds = {each["name"]: each for each in hub.owner.get(f"{ALERTS}/settings").json()["kinds"]}
    assert set(kinds) == {spec.name for spec in load_alerts()}
    for spec in load_alerts():
        values = SETTINGS.load().alerts[spec.name].thresholds
        assert {each["name"]: each["value"] for each in kinds[spec.name]["thresholds"]} == {
            name: str(values[name]) for name in spec.thresholds
        }
    assert kinds["stale_data"]["evaluations"][0]["reason"] == "no table yet"
    for name, kind in kinds.items():
        assert kind["open"] == _rows(hub, name=name)["row_count"]


def test_alerts_are_evaluated_on_demand(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last test: it leaves an entry in the audit log."""

    def start(_: Any, __: Any, dag_id: str, run_id: str, ___: Any) -> StartedRun:
        return StartedRun(dag_id=dag_id, run_id=run_id, is_paused=True, path="")

    monkeypatch.setattr(runs, "_trigger", start)
    told = hub.owner.post(f"{ALERTS}/run", json={}).json()
    assert (told["dag_id"], told["is_paused"]) == ("marts__alerts", True)
    assert _entry(hub, "alert.run")["user_name"] == "owner"


def _rows(hub: Hub, **query: Any) -> Any:
    answer = hub.owner.get(ALERTS, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _entry(hub: Hub, action: str) -> dict[str, Any]:
    (entry,) = hub.rows("SELECT * FROM sellerops.audit_entry WHERE action = %s", action)
    return entry


def _fill(hub: Hub) -> None:
    hub.add_to(
        "sellerops_reference.account_setting",
        {"account_id": ACCOUNT, "reporting_currency": "EUR"},
        {"account_id": EU, "reporting_currency": "USD"},
    )
    alerts = (
        ("A", "order_passed", "urgent", 10, {}),
        ("B", "stock_out", "urgent", 20, {}),
        ("C", "buy_box_lost", "warning", 99, {"account_id": EU}),
        ("D", "returns_high", "warning", None, {}),
        ("E", "stock_out", "urgent", 500, {"acknowledged_at": NOW, "acknowledged_by": "ann"}),
        ("F", "stock_out", "urgent", 500, {"snoozed_until": NOW + timedelta(days=1), "snoozed_by": "ann"}),
        ("G", "stock_out", "urgent", 500, {"ended_at": NOW - timedelta(hours=20)}),
    )
    hub.add_to(
        "sellerops.alert",
        *(
            {"name": name, "account_id": ACCOUNT, "marketplace_id": US, "subject": subject,
             "severity": severity, "summary": f"{subject} is met", "money_per_day": money, "currency": "USD",
             "rank_money": money, "evidence": '{"unit_margin": 3}', **more}
            for subject, name, severity, money, more in alerts
        ),
    )  # fmt: skip
    hub.add_to(
        "sellerops.alert_evaluation",
        {"name": "stock_out", "account_id": ACCOUNT, "found": 3},
        {"name": "stale_data", "account_id": ACCOUNT, "reason": "no table yet"},
    )
