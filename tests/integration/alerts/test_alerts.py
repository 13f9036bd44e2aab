"""Each alert opens on a row that meets its condition, once, stays while it is met, and ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from support.hand_made_rows import add_rows, make_landing_table, make_marts
from support.postgres import PostgresServer

from sellerops.alerts import running
from sellerops.alerts.notice import fault_key
from sellerops.alerts.running import evaluate_alerts
from sellerops.alerts.specs import (
    SETTINGS,
    AlertSetting,
    AlertSettings,
    AlertSpec,
    alerts_and_failures,
    load_alert,
    load_alerts,
    settings_problems,
)
from sellerops.alerts.store import (
    acknowledge,
    alerts_to_send,
    ended_alerts,
    endings_to_send,
    mark_sent,
    open_alerts,
    snooze,
)
from sellerops.base.clock import Clock
from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.marts.specs import load_marts
from sellerops.reference.config_tables import synchronise
from sellerops_airflow.operators.alerts import send_alerts

TODAY = date(2026, 10, 20)
NA, US = "northwind_na", "ATVPDKIKX0DER"
PLACE = {"account_id": NA, "marketplace_id": US}
SKU = {**PLACE, "sku": "NW-1"}
SNAPSHOT = datetime(2026, 10, 20, 4, tzinfo=UTC)


def _ago(days: int) -> date:
    return TODAY - timedelta(days=days)


RESTOCK = {
    **SKU,
    "day": _ago(1),
    "daily_units": 4,
    "unit_margin": 5,
    "currency": "USD",
    "order_quantity": 100,
}
TRAFFIC = {**SKU, "page_views": 100, "asin": "B0"}
# For each alert rows that meet it, by table, and what it says about them.
CASES: dict[str, tuple[dict[str, list[dict[str, Any]]], str, str, Decimal | None]] = {
    "stale_data": (
        {
            "sales_day": [{**SKU, "day": _ago(5)}],
            "inventory_day": [{**SKU, "day": _ago(1), "snapshot_at": SNAPSHOT}],
        },
        "sales",
        "up to 2026-10-15 only",
        None,
    ),
    "rates_old": (
        {
            "sellerops_reference.fx_rate": [
                {
                    "day": _ago(1),
                    "from_currency": "USD",
                    "to_currency": "EUR",
                    "rate": 1,
                    "source": "ecb",
                    "age_days": 5,
                }
            ],
        },
        "EUR",
        "rates of USD to EUR are up to 6 days old",
        None,
    ),
    "order_passed": (
        {
            "restock": [
                {
                    **RESTOCK,
                    "order_status": "order_now",
                    "order_by": TODAY,
                    "lost_units": 8,
                    "lost_margin": 40,
                }
            ]
        },
        "NW-1",
        "order 100 units; 8 units (40.00 USD of margin) are lost even if you order today",
        Decimal(20),
    ),
    "order_due": (
        {"restock": [{**RESTOCK, "order_status": "order_now", "order_by": TODAY}]},
        "NW-1",
        "order 100 units by 2026-10-20",
        Decimal(20),
    ),
    "order_soon": (
        {"restock": [{**RESTOCK, "order_status": "soon", "order_by": _ago(-5)}]},
        "NW-1",
        "order 100 units by 2026-10-25",
        Decimal(20),
    ),
    "stock_out": (
        {
            "restock": [RESTOCK],
            "inventory_levels": [{**SKU, "day": TODAY, "available": 0, "is_counted": True}],
        },
        "NW-1",
        "4.0 units a day are lost",
        Decimal(20),
    ),
    "buy_box_lost": (
        {
            "traffic_sku_day": [
                *({**TRAFFIC, "day": _ago(days), "buy_box_views": 10} for days in (1, 2, 3)),
                *({**TRAFFIC, "day": _ago(days), "buy_box_views": 100} for days in (5, 6)),
            ],
        },
        "NW-1",
        "buy box in 10 % of page views",
        None,
    ),
    "listing_suppressed": (
        {
            "amazon_sp.suppressed_listings": [
                {
                    **SKU,
                    "snapshot_at": SNAPSHOT,
                    "reason": "Image",
                    "issue_description": "The main image is missing.",
                }
            ],
            "amazon_sp.listings_all": [{**PLACE, "seller_sku": "NW-1", "snapshot_at": SNAPSHOT}],
        },
        "NW-1",
        "The main image is missing.",
        None,
    ),
    "stock_stranded": (
        {
            "amazon_sp.stranded_inventory": [
                {**SKU, "snapshot_at": SNAPSHOT, "fulfillable_qty": 7, "stranded_reason": "Listing closed"}
            ],
        },
        "NW-1",
        "7 units: Listing closed",
        None,
    ),
    "margin_below_floor": (
        {"profit_sku_day": [{**SKU, "day": _ago(2), "currency": "USD", "product_sales": 1000, "cm2": 40}]},
        "NW-1",
        "CM2 is 4.0 % of sales over 30 days; your floor is 10.0 %",
        Decimal(2),
    ),
    "ads_without_sales": (
        {
            "ads_day": [
                {
                    **SKU,
                    "day": _ago(12),
                    "ad_product": "SP",
                    "asin": "B0",
                    "currency": "USD",
                    "spend": 70,
                    "clicks": 90,
                    "attributed_sales": 0,
                }
            ]
        },
        "NW-1",
        "70.00 USD spent on 90 clicks",
        Decimal(5),
    ),
    "ads_above_break_even": (
        {
            "ads_day": [
                {
                    **SKU,
                    "day": _ago(12),
                    "ad_product": "SP",
                    "asin": "B0",
                    "currency": "USD",
                    "spend": 120,
                    "attributed_sales": 200,
                }
            ],
            "profit_sku_day": [
                {**SKU, "day": _ago(12), "currency": "USD", "product_sales": 1000, "cm2": 180, "ads": -120}
            ],
        },
        "NW-1",
        "ACOS is 60.0 %, break-even is 30.0 %",
        Decimal(2),
    ),
    "fee_tier_changed": (
        {
            "listing_month": [
                {**SKU, "month_first": date(2026, 9, 1), "size_tier": "Small"},
                {**SKU, "month_first": date(2026, 10, 1), "size_tier": "Large"},
            ],
            "fees_day": [
                {
                    **SKU,
                    "day": date(2026, 9, 25),
                    "fee_type": "fee.fba_fulfilment",
                    "currency": "USD",
                    "rate_expected": -3,
                    "units_expected": 31,
                },
                {
                    **SKU,
                    "day": date(2026, 10, 5),
                    "fee_type": "fee.fba_fulfilment",
                    "currency": "USD",
                    "rate_expected": -4,
                    "units_expected": 62,
                },
            ],
        },
        "NW-1",
        "Large, before Small",
        Decimal(3),
    ),
    "returns_high": (
        {
            "return_rate_month": [
                {
                    **SKU,
                    "month": date(2026, 9, 1),
                    "units_shipped": 100,
                    "units_returned": 20,
                    "return_rate": Decimal("0.2"),
                }
            ]
        },
        "NW-1",
        "20 of 100 units shipped in 2026-09 came back (20.0 %)",
        None,
    ),
    "owed_expiring": (
        {
            "owed": [
                {
                    **SKU,
                    "day": _ago(55),
                    "kind": "lost",
                    "reference": "FBA1",
                    "open": 3,
                    "value": 30,
                    "currency": "USD",
                    "claim_from": _ago(50),
                    "claim_until": _ago(-5),
                }
            ]
        },
        "NW-1 lost FBA1 2026-08-26",
        "3 units lost on 2026-08-26, worth 30.00 USD; claim by 2026-10-25",
        Decimal(5),
    ),
    "inbound_short": (
        {
            "fba_shipments": [
                {
                    **SKU,
                    "shipment_id": "FBA1",
                    "units_shipped": 50,
                    "units_received": 38,
                    "units_difference": -12,
                    "last_received_on": _ago(4),
                }
            ],
            "sellerops_reference.cost": [
                {
                    "account_id": NA,
                    "sku": "NW-1",
                    "valid_from": date(2026, 1, 1),
                    "manufacturing": 10,
                    "currency": "USD",
                }
            ],
        },
        "FBA1",
        "12 of 50 units are missing (1 SKUs)",
        Decimal(2),
    ),
    "payout_below_forecast": (
        {
            "payout_forecast": [
                {
                    "account_id": NA,
                    "day": _ago(12),
                    "currency": "USD",
                    "pays_on": _ago(3),
                    "paid": 700,
                    "forecast": 980,
                    "period_starts_at": SNAPSHOT - timedelta(days=20),
                }
            ]
        },
        "USD 2026-10-17",
        "700.00 USD paid, 980.00 expected on 2026-10-08",
        Decimal(20),
    ),
}


@dataclass(frozen=True)
class Warehouse:
    """A database with empty marts, and the role that evaluates alerts."""

    ledger: Ledger
    reader: str

    @property
    def conninfo(self) -> str:
        return self.ledger.database.conninfo

    def evaluate(self, *names: str, today: date = TODAY) -> list[Any]:
        return evaluate_alerts(self.ledger, self.reader, [load_alert(name) for name in names], today=today)

    def open(self) -> list[Any]:
        with self.ledger.connection() as connection:
            return open_alerts(connection)

    def delete(self, table: str) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(f"DELETE FROM {table}".encode())

    def at(self, moment: datetime) -> None:
        self.ledger.set_clock(Clock(datetime.now(UTC), moment, 0.0))


@pytest.fixture(scope="module")
def template(postgres_server: PostgresServer) -> Iterator[str]:
    """A database with the tables of all alerts, made once."""
    conninfo = postgres_server.create_database("sellerops_template")
    make_marts(conninfo, {name for alert in load_alerts() for name in alert.marts_read})
    for report in ("suppressed_listings", "stranded_inventory", "listings_all"):
        make_landing_table(conninfo, report)
    ledger = Ledger(conninfo)
    with ledger.connection() as connection:
        synchronise(connection, {"account_setting"})
    ledger.close()
    yield conninfo.rsplit("/", 1)[1].partition("?")[0]
    postgres_server.drop_database(conninfo)


@pytest.fixture
def warehouse(template: str, postgres_server: PostgresServer) -> Iterator[Warehouse]:
    conninfo = postgres_server.create_database(template)
    ledger = Ledger(conninfo)
    yield Warehouse(ledger, postgres_server.reader(conninfo))
    ledger.close()
    postgres_server.drop_database(conninfo)


def _table(name: str) -> str:
    return name if "." in name else f"sellerops_marts.{name}"


def test_the_files_and_their_thresholds_are_valid() -> None:
    alerts, failures = alerts_and_failures()
    assert not failures
    assert settings_problems(SETTINGS.read(), alerts) == []
    assert {each.name for each in alerts} == set(CASES), "each alert has a case in this test"
    marts = {each.name for each in load_marts()}
    assert {name for each in alerts for name in each.marts_read} <= marts


def test_each_alert_opens_once_and_ends(warehouse: Warehouse) -> None:
    alerts = load_alerts()
    evaluate_alerts(warehouse.ledger, warehouse.reader, alerts, today=TODAY)
    assert warehouse.open() == [], "nothing is wrong with empty marts"
    for name, (tables, subject, words, money) in CASES.items():
        for table, rows in tables.items():
            add_rows(warehouse.conninfo, _table(table), rows)
        done = warehouse.evaluate(name)
        assert [each.error for each in done] == [None, None], name
        (alert,) = [each for each in warehouse.open() if each.account_id == NA]
        assert (alert.name, alert.subject) == (name, subject)
        assert words in alert.summary, name
        assert alert.money_per_day == money, name
        if money is not None:
            assert alert.currency == "USD", name
        again = {each.account_id: each.changes for each in warehouse.evaluate(name)}
        assert (again[NA].opened, again[NA].open) == (0, 1), name
        for table in tables:
            warehouse.delete(_table(table))
        ended = {each.account_id: each.changes for each in warehouse.evaluate(name)}
        assert (ended[NA].ended, ended[NA].open) == (1, 0), name
    with warehouse.ledger.connection() as connection:
        assert {each.name for each in ended_alerts(connection, 100)} == set(CASES)


def test_conditions_that_are_not_met_open_nothing(warehouse: Warehouse) -> None:
    near = {
        "restock": [
            {**RESTOCK, "order_status": "ok", "order_by": _ago(-30)},
            {
                **RESTOCK,
                "sku": "NW-2",
                "order_status": "order_now",
                "lost_units": 8,
                "order_by": _ago(3),
                "daily_units": Decimal("0.01"),
            },
            {
                **RESTOCK,
                "sku": "NW-3",
                "order_status": "order_now",
                "lost_units": 8,
                "order_by": _ago(3),
                "day": _ago(2),
            },
        ],
        "inventory_levels": [{**SKU, "day": TODAY, "available": 1, "is_counted": True}],
        "profit_sku_day": [
            {**SKU, "day": _ago(2), "currency": "USD", "product_sales": 1000, "cm2": 110},
            # Without a cost nothing is known about the margin.
            {**SKU, "sku": "NW-2", "day": _ago(2), "currency": "USD", "product_sales": 1000, "cm2": 10},
            {**SKU, "sku": "NW-2", "day": _ago(3), "currency": "USD", "product_sales": 1000, "cm2": None},
        ],
        "ads_day": [
            {**SKU, "day": _ago(3), "ad_product": "SP", "asin": "B0", "currency": "USD", "spend": 70}
        ],
        "owed": [
            {
                **SKU,
                "day": _ago(70),
                "kind": "lost",
                "reference": "X",
                "open": 3,
                "claim_from": _ago(60),
                "claim_until": _ago(1),
            }
        ],
        "fba_shipments": [{**SKU, "shipment_id": "FBA1", "units_difference": 2, "last_received_on": _ago(4)}],
        "amazon_sp.suppressed_listings": [
            {**SKU, "snapshot_at": SNAPSHOT - timedelta(days=2), "reason": "x"}
        ],
        "amazon_sp.listings_all": [{**PLACE, "seller_sku": "NW-1", "snapshot_at": SNAPSHOT}],
    }
    for table, rows in near.items():
        add_rows(warehouse.conninfo, _table(table), rows)
    done = warehouse.evaluate(*(name for name in CASES if name != "stale_data"))
    assert [each.error for each in done if each.error] == []
    assert [(each.name, each.subject) for each in warehouse.open()] == []


def test_a_missing_table_and_a_broken_select_leave_open_alerts_alone(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_rows(warehouse.conninfo, "sellerops_marts.owed", CASES["owed_expiring"][0]["owed"])
    warehouse.evaluate("owed_expiring")
    alert = load_alert("owed_expiring")
    broken = alert.model_copy(update={"sql": "SELECT nothing FROM sellerops_marts.owed"})
    lacking = alert.model_copy(update={"inputs": ("owed", "no_such_mart")})
    writing = alert.model_copy(update={"sql": "DELETE FROM sellerops_marts.owed RETURNING *"})

    def run(spec: AlertSpec) -> Any:
        return evaluate_alerts(warehouse.ledger, warehouse.reader, [spec], today=TODAY)[0]

    assert "Postgres rejects its SQL" in str(run(broken).error)
    assert "Postgres rejects its SQL" in str(run(writing).error)
    assert run(lacking).reason == "no table yet: sellerops_marts.no_such_mart"
    assert [each.name for each in warehouse.open()] == ["owed_expiring"]


def test_thresholds_and_switches_are_data_per_account(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_rows(warehouse.conninfo, "sellerops_marts.owed", CASES["owed_expiring"][0]["owed"])
    general = {"owed_expiring": AlertSetting(thresholds={"days": 14, "least_units": 1})}

    def configure(**special: Any) -> None:
        settings = AlertSettings(alerts=general, accounts={NA: {"owed_expiring": AlertSetting(**special)}})
        monkeypatch.setattr(running, "SETTINGS", SimpleNamespace(load=lambda: settings))

    configure(thresholds={"least_units": 4})
    warehouse.evaluate("owed_expiring")
    assert warehouse.open() == []
    configure(severity="warning")
    warehouse.evaluate("owed_expiring")
    assert [each.severity for each in warehouse.open()] == ["warning"]
    configure(enabled=False)
    evaluate_alerts(warehouse.ledger, warehouse.reader, today=TODAY)
    assert [each.name for each in warehouse.open()] == []


def test_snoozed_and_acknowledged_alerts_are_not_sent(warehouse: Warehouse) -> None:
    now = datetime(2026, 10, 20, 9, tzinfo=UTC)
    warehouse.at(now)
    owed = CASES["owed_expiring"][0]["owed"][0]
    add_rows(warehouse.conninfo, "sellerops_marts.owed", [owed, {**owed, "reference": "FBA2"}])
    warehouse.evaluate("owed_expiring")
    first, second = warehouse.open()
    with warehouse.ledger.connection() as connection:
        assert len(alerts_to_send(connection)) == 2
        snooze(connection, [first.id], now + timedelta(days=2), "ann", "waiting for the invoice")
        acknowledge(connection, [second.id], "ann", "")
        assert alerts_to_send(connection) == []
        with pytest.raises(ConfigurationError, match="not open: 4711"):
            acknowledge(connection, [first.id, 4711], "ann", "")
    # It ends and comes back within the snooze, and is sent once that is over.
    warehouse.delete("sellerops_marts.owed")
    warehouse.evaluate("owed_expiring")
    add_rows(warehouse.conninfo, "sellerops_marts.owed", [owed])
    warehouse.evaluate("owed_expiring")
    with warehouse.ledger.connection() as connection:
        assert alerts_to_send(connection) == []
    warehouse.at(now + timedelta(days=3))
    with warehouse.ledger.connection() as connection:
        (due,) = alerts_to_send(connection)
    assert due.subject == first.subject


def test_the_end_of_a_snoozed_alert_is_not_sent(warehouse: Warehouse) -> None:
    now = datetime(2026, 10, 20, 9, tzinfo=UTC)
    warehouse.at(now)
    owed = CASES["owed_expiring"][0]["owed"][0]
    add_rows(warehouse.conninfo, "sellerops_marts.owed", [owed, {**owed, "reference": "FBA2"}])
    warehouse.evaluate("owed_expiring")
    alerts = warehouse.open()
    with warehouse.ledger.connection() as connection:
        mark_sent(connection, alerts)
        for each in alerts:
            connection.execute(
                "INSERT INTO sellerops.fault (fault_key, event, headline, threads) "
                "VALUES (%s, 'business_warning', '', '{}')",
                (fault_key(each),),
            )
        snooze(connection, [alerts[0].id], now + timedelta(days=2), "ann", "")
    warehouse.delete("sellerops_marts.owed")
    warehouse.evaluate("owed_expiring")
    with warehouse.ledger.connection() as connection:
        assert [each.id for each in endings_to_send(connection)] == [alerts[1].id]
    send_alerts(warehouse.ledger, "")
    warehouse.at(now + timedelta(days=3))
    with warehouse.ledger.connection() as connection:
        assert endings_to_send(connection) == []
        still_open = connection.execute("SELECT fault_key FROM sellerops.fault WHERE closed_at IS NULL")
        assert still_open.fetchall() == []
