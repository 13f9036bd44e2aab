"""The FBA inventory reports: read without a reject by their specs, and in agreement with one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from support.catalogue import Parsed, assert_documented, document_of, parse, simulation, slice_of, spec_of

from amazon_sandbox.simulation import FatalReport

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 8), date(2026, 11, 17)
NA, EU = "northwind_na", "northwind_eu"
MARKETPLACES = {NA: ("US", "CA", "MX"), EU: ("GB", "DE", "FR")}
SUMMARY, DETAIL = "inventory_ledger_summary", "inventory_ledger_detail"

EU_STOCK = ("afn_fulfillable_quantity_local", "afn_fulfillable_quantity_remote")
NA_STOCK = ("afn_fc_transfer_quantity", "afn_onhand_buyable_quantity", "store")
SNAPSHOTS = [  # report, account, marketplaces, columns that the region's header lacks
    ("fba_inventory_planning", NA, "US", ()),
    ("fba_inventory_planning", EU, "DE", ()),
    ("afn_inventory", NA, "US", ()),
    ("afn_inventory", EU, "DE", ()),
    ("afn_inventory_by_country", EU, "GB DE FR", ()),
    ("reserved_inventory", NA, "US", ("reserved_fc_transfers",)),
    ("reserved_inventory", EU, "DE", ("reserved_staging", "program")),
    ("restock_recommendations", NA, "US", ()),
    ("restock_recommendations", EU, "DE", ()),
    ("fba_manage_inventory_all", NA, "US", EU_STOCK),
    ("fba_manage_inventory_all", EU, "DE", NA_STOCK),
]
FLOWS = (
    "receipts", "customer_shipments", "customer_returns", "vendor_returns", "warehouse_transfer_in_out",
    "found", "lost", "damaged", "disposed", "other_events",
)  # fmt: skip
EVENT_FLOWS = {
    "Receipts": "receipts",
    "Shipments": "customer_shipments",
    "CustomerReturns": "customer_returns",
    "VendorReturns": "vendor_returns",
    "WhseTransfers": "warehouse_transfer_in_out",
}
REASON_FLOWS = {"F": "found", "M": "lost", "E": "damaged", "D": "disposed", "Q": "other_events"}


def read(report: str, account: str, country: str) -> Parsed:
    """A snapshot as of noon."""
    return parse(report, account, country.split(), None, None, AS_OF)


@cache
def ledger(report: str, account: str, as_of: datetime = AS_OF) -> Parsed:
    """Ten days of the ledger; shared by the tests. Amazon cuts the window by the country's clock: rows of a
    day beside it have a document of their own.
    """
    parsed = parse(report, account, MARKETPLACES[account], FIRST, LAST, as_of)
    return parsed._replace(rows=[row for row in parsed.rows if FIRST <= row["date"] <= LAST])


def by_sku(rows: list[dict[str, Any]], key: str = "sku") -> dict[str, dict[str, Any]]:
    found = {row[key]: row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize(("report", "account", "country", "absent"), SNAPSHOTS)
def test_snapshots_are_read_whole(report: str, account: str, country: str, absent: tuple[str, ...]) -> None:
    parsed = read(report, account, country)
    assert_documented(parsed, absent)
    table = spec_of(report).tables[report]
    keys = [tuple(row[name] for name in table.primary_key) for row in parsed.rows]
    assert len(set(keys)) == len(keys)
    assert None not in {value for key in keys for value in key}


@pytest.mark.parametrize("report", [SUMMARY, DETAIL])
@pytest.mark.parametrize("account", [NA, EU])
def test_the_ledger_is_read_whole(report: str, account: str) -> None:
    parsed = ledger(report, account)
    assert_documented(parsed, ("date_and_time",) if report == DETAIL and account == EU else ())
    assert {row["date"] for row in parsed.rows} == {FIRST + timedelta(days=n) for n in range(10)}
    assert {row.get("location") or row["country"] for row in parsed.rows} == set(MARKETPLACES[account])


@pytest.mark.parametrize(("account", "country"), [(NA, "US"), (EU, "DE")])
def test_all_reports_tell_the_same_stock(account: str, country: str) -> None:
    managed = by_sku(read("fba_manage_inventory", account, country).rows)
    everything = by_sku(read("fba_manage_inventory_all", account, country).rows)
    planning = by_sku(read("fba_inventory_planning", account, country).rows)
    restock = by_sku(read("restock_recommendations", account, country).rows, "merchant_sku")
    reserved = by_sku(read("reserved_inventory", account, country).rows)
    counted: dict[tuple[str, str], int] = {
        (row["seller_sku"], row["warehouse_condition_code"]): row["quantity_available"]
        for row in read("afn_inventory", account, country).rows
    }
    assert managed.keys() == planning.keys() == restock.keys()
    assert managed.items() <= everything.items()
    archived = everything.keys() - managed.keys()
    assert archived
    assert all(everything[sku]["afn_total_quantity"] == 0 for sku in archived)
    for sku, row in managed.items():
        plan, advice = planning[sku], restock[sku]
        fulfillable, unsellable = row["afn_fulfillable_quantity"], row["afn_unsellable_quantity"]
        assert fulfillable == plan["available"] == advice["available"] == counted[sku, "SELLABLE"]
        assert (
            unsellable
            == plan["unfulfillable_quantity"]
            == advice["unfulfillable"]
            == counted.get((sku, "UNSELLABLE"), 0)
        )
        expected = reserved[sku]["reserved_qty"] if sku in reserved else 0
        assert row["afn_reserved_quantity"] == expected == plan["total_reserved_quantity"]
        assert expected == advice["customer_order"]
        inbound = row["afn_inbound_shipped_quantity"] + row["afn_inbound_receiving_quantity"]
        assert inbound == plan["inbound_quantity"] == advice["inbound"]
        assert row["afn_total_quantity"] == advice["total_units"]
        assert plan["units_shipped_t30"] == advice["units_sold_last_30_days"]


def test_stock_by_country_is_that_of_each_country() -> None:
    rows = read("afn_inventory_by_country", EU, "GB DE FR").rows
    assert {row["country"] for row in rows} == {"GB", "DE", "FR"}
    german = {
        row["seller_sku"]: row["quantity_for_local_fulfillment"] for row in rows if row["country"] == "DE"
    }
    managed = read("fba_manage_inventory", EU, "DE").rows
    assert german == {row["sku"]: row["afn_fulfillable_quantity"] for row in managed}
    with pytest.raises(FatalReport, match="European"):
        simulation().document(
            "GET_AFN_INVENTORY_DATA_BY_COUNTRY", simulation().seller(NA), [], None, None, {}, AS_OF
        )


def test_ages_group_the_same_units() -> None:
    for row in read("fba_inventory_planning", NA, "US").rows:
        age = {
            name.removeprefix("inv_age_").removesuffix("_days"): units
            for name, units in row.items()
            if name.startswith("inv_age_")
        }
        assert sum(age[n] for n in ("0_to_30", "31_to_60", "61_to_90")) == age["0_to_90"]
        assert age["181_to_330"] + age["331_to_365"] == age["181_to_270"] + age["271_to_365"]
        wide = ("0_to_90", "91_to_180", "181_to_270", "271_to_365", "366_to_455", "456_plus")
        assert sum(age[n] for n in wide) == row["available"]
        charged = sum(units for name, units in row.items() if name.startswith("quantity_to_be_charged"))
        assert charged == sum(age[n] for n in wide[2:])


@pytest.mark.parametrize("account", [NA, EU])
def test_ledger_balances(account: str) -> None:
    """Opening balance and flows give the closing balance, which opens the next day."""
    closing: dict[tuple[str, str, str, date], int] = {}
    rows = ledger(SUMMARY, account).rows
    for row in rows:
        flows = sum(row[name] for name in FLOWS)
        assert row["starting_warehouse_balance"] + flows == row["ending_warehouse_balance"], row
        closing[row["location"], row["msku"], row["disposition"], row["date"]] = row[
            "ending_warehouse_balance"
        ]
    for row in rows:
        if row["date"] > FIRST:
            yesterday = row["date"] - timedelta(days=1)
            before = closing.get((row["location"], row["msku"], row["disposition"], yesterday), 0)
            assert row["starting_warehouse_balance"] == before
    assert all(units >= 0 for units in closing.values())
    moved = {name for name in FLOWS for row in rows if row[name]}
    assert {"receipts", "customer_shipments", "customer_returns", "damaged", "disposed"} <= moved


@pytest.mark.parametrize(("account", "country", "midnight"), [(NA, "US", 8), (EU, "DE", -1)])
def test_the_ledger_ends_a_day_with_the_warehouse_stock(account: str, country: str, midnight: int) -> None:
    """The last second of the ledger's last day, in local time; the flows of ten days have led there."""
    moment = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) + timedelta(
        days=1, hours=midnight, seconds=-1
    )
    stock = parse("fba_manage_inventory", account, [country], None, None, moment).rows
    ending: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in ledger(SUMMARY, account).rows:
        if row["location"] == country and row["date"] == LAST:
            ending[row["msku"]][row["disposition"] == "SELLABLE"] += row["ending_warehouse_balance"]
    assert {sku: (units[True], units[False]) for sku, units in ending.items()} == {
        row["sku"]: (
            row["afn_fulfillable_quantity"] + row["afn_reserved_quantity"],
            row["afn_unsellable_quantity"],
        )
        for row in stock
    }


@pytest.mark.parametrize("account", [NA, EU])
def test_detail_adds_up_to_the_summary(account: str) -> None:
    flows: Counter[tuple[str, ...]] = Counter()
    for row in ledger(DETAIL, account).rows:
        flow = EVENT_FLOWS.get(row["event_type"]) or REASON_FLOWS[row["reason"]]
        flows[str(row["date"]), row["country"], row["msku"], row["disposition"], flow] += row["quantity"]
    summed = {
        (str(row["date"]), row["location"], row["msku"], row["disposition"], name): row[name]
        for row in ledger(SUMMARY, account).rows
        for name in FLOWS
        if row[name]
    }
    assert {key: units for key, units in flows.items() if units} == summed


def test_identical_events_are_two_rows() -> None:
    rows = ledger(DETAIL, NA).rows
    lines = Counter(row["line_hash"] for row in rows)
    assert max(lines.values()) > 1
    received = [row for row in rows if row["event_type"] == "Receipts"]
    assert all(row["reference_id"] for row in received)


def test_ledger_agrees_with_orders_and_returns() -> None:
    """What the ledger shipped in a week is what planning counts; what came back are the FBA returns."""
    planned = {
        row["sku"]: row["units_shipped_t7"]
        for row in parse(
            "fba_inventory_planning", EU, ["DE"], None, None, datetime(2026, 11, 18, 12, tzinfo=UTC)
        ).rows
    }
    shipped = dict.fromkeys(planned, 0)
    returned: Counter[str] = Counter()
    for row in ledger(SUMMARY, EU).rows:
        if row["location"] == "DE" and row["date"] > LAST - timedelta(days=7):
            if row["disposition"] == "SELLABLE":
                shipped[row["msku"]] -= row["customer_shipments"]
            returned[row["msku"]] += row["customer_returns"]
    assert shipped == planned
    returns = parse("fba_customer_returns", EU, ["DE"], LAST - timedelta(days=8), LAST, AS_OF).rows
    start = datetime(2026, 11, 10, 23, tzinfo=UTC)  # midnight in Berlin
    came = Counter(row["sku"] for row in returns if start <= row["return_date"] < start + timedelta(days=7))
    assert came
    assert came == +returned


def test_the_ledger_appears_late_and_is_reconciled_for_two_days() -> None:
    day = datetime(2026, 11, 16, tzinfo=UTC)

    def quantities(hours: int) -> dict[tuple[str, str], tuple[int, ...]] | None:
        as_of = day + timedelta(hours=hours)
        slice_ = slice_of(SUMMARY, EU, MARKETPLACES[EU], day.date(), day.date(), as_of)
        if document_of(slice_, as_of) is None:
            return None
        rows = parse(SUMMARY, EU, MARKETPLACES[EU], day.date(), day.date(), as_of).rows
        return {
            (row["location"] + row["msku"], row["disposition"]): tuple(row[name] for name in FLOWS)
            for row in rows
            if row["date"] == day.date()
        }

    assert quantities(30) is None
    early, settled, later = quantities(50), quantities(98), quantities(200)
    assert early
    assert settled
    assert early != settled == later
    assert {key: sum(flows) for key, flows in early.items()} == {
        key: sum(flows) for key, flows in settled.items()
    }


def test_a_month_is_the_sum_of_its_days() -> None:
    as_of = datetime(2026, 12, 10, tzinfo=UTC)
    days = parse(SUMMARY, EU, ["FR"], date(2026, 11, 1), date(2026, 11, 30), as_of).rows
    month = simulation().document(
        "GET_LEDGER_SUMMARY_VIEW_DATA",
        simulation().seller(EU),
        ["A13V1IB3VIYZZH"],
        date(2026, 11, 1),
        date(2026, 12, 1),
        {},
        as_of,
    )
    assert month is not None
    lines = [line.strip('"').split('"\t"') for line in month.read().decode("cp1252").split("\r\n")[1:-1]]
    # The window's end lies in the next month by the clock of Paris.
    assert {line[0] for line in lines} == {"11/2026", "12/2026"}
    lines = [line for line in lines if line[0] == "11/2026"]
    shipped: Counter[str] = Counter()
    for row in days:
        if row["date"] <= date(2026, 11, 30):
            shipped[row["msku"]] -= row["customer_shipments"]
    assert sum(-int(line[9]) for line in lines) == sum(shipped.values()) > 0


def test_stranded_stock_is_rare_and_none_is_no_report() -> None:
    seen: list[dict[str, Any]] = []
    none = 0
    for offset in range(0, 60, 6):
        as_of = AS_OF - timedelta(days=offset)
        slice_ = slice_of("stranded_inventory", EU, ["FR"], None, None, as_of)
        if document_of(slice_, as_of) is None:
            none += 1
            continue
        parsed = parse("stranded_inventory", EU, ["FR"], None, None, as_of)
        assert_documented(parsed)
        stock = by_sku(parse("fba_manage_inventory", EU, ["FR"], None, None, as_of).rows)
        for row in parsed.rows:
            assert row["fulfillable_qty"] == stock[row["sku"]]["afn_fulfillable_quantity"] > 0
            assert row["date_stranded"] < as_of < row["date_to_take_auto_removal"]
        seen += parsed.rows
    assert none
    assert seen
