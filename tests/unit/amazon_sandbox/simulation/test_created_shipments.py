"""Shipments that clients create: every report counts the same units at any moment."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from support.examples import examples
from unit.amazon_sandbox.simulation.created import (
    DAY,
    HOUR,
    IDS,
    PLACES,
    closed_shipment,
    fba_skus,
    moments,
    placed,
    several,
    step_of,
)
from unit.amazon_sandbox.simulation.reading import DE, FR, INVENTORY, STOREFRONTS, US, read_flat_file

from amazon_sandbox.fba_inventory.data import summaries
from amazon_sandbox.reports.render import RenderJob, render
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.created_shipments import CreatedItem, CreatedShipment

PLANNING, RESTOCK = "GET_FBA_INVENTORY_PLANNING_DATA", "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT"
AFN = "GET_AFN_INVENTORY_DATA"
SUMMARY, DETAIL = "GET_LEDGER_SUMMARY_VIEW_DATA", "GET_LEDGER_DETAIL_VIEW_DATA"
STORAGE = "GET_FBA_STORAGE_FEE_CHARGES_DATA"
ZONE = ZoneInfo("America/Los_Angeles")
EVENING = datetime(2026, 11, 10, 20, tzinfo=UTC)
quiet = settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])


class Columns(NamedTuple):
    """Of a stock report: the SKU, a column for each of PLACES, and one that counts the first `counted`."""

    sku: str
    places: tuple[str, ...]
    total: str
    counted: int


STOCK_REPORTS = {
    INVENTORY: Columns(
        "sku",
        (
            "afn-inbound-working-quantity",
            "afn-inbound-shipped-quantity",
            "afn-inbound-receiving-quantity",
            "afn-fulfillable-quantity",
        ),
        "afn-total-quantity",
        4,
    ),
    PLANNING: Columns(
        "sku", ("inbound-working", "inbound-shipped", "inbound-received", "available"), "inbound-quantity", 3
    ),
    RESTOCK: Columns("Merchant SKU", ("Working", "Shipped", "Receiving", "Available"), "Total Units", 4),
}


class Shown(NamedTuple):
    """What a stock report says: units by SKU and place, and its totals by SKU."""

    places: Counter[tuple[str, str]]
    totals: Counter[str]


def shown(simulation: Simulation, moment: datetime, report_type: str) -> Shown:
    seller, columns = simulation.seller("northwind_na"), STOCK_REPORTS[report_type]
    rows = read_flat_file(simulation.document(report_type, seller, [US], None, None, {}, moment)).rows
    units: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for place, column in zip(PLACES, columns.places, strict=True):
            units[row[columns.sku], place] = int(row[column])
    return Shown(units, Counter({row[columns.sku]: int(row[columns.total]) for row in rows}))


def api_units(simulation: Simulation, marketplace_id: str, now: int) -> Counter[tuple[str, str]]:
    """What the FBA Inventory API answers."""
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    others = [simulation.storefront(seller, each) for each in seller.marketplace_ids]
    found: Counter[tuple[str, str]] = Counter()
    for one in summaries(simulation.storefront(seller, marketplace_id), now, details=True, others=others):
        details = one["inventoryDetails"]
        figures = ("inboundWorking", "inboundShipped", "inboundReceiving", "fulfillable")
        for place, name in zip(PLACES, figures, strict=True):
            found[one["sellerSku"], place] = details[f"{name}Quantity"]
    return found


@quiet
@given(made=several, moment=moments)
def test_every_stock_report_shows_them_where_they_are(
    simulation: Simulation, made: tuple[CreatedShipment, ...], moment: datetime
) -> None:
    """All reports and the API agree, and what is in transit is what was shipped less what was received."""
    now, overlaid = int(moment.timestamp()), simulation.with_created(made)
    wanted = placed(made, now)
    for report_type, columns in STOCK_REPORTS.items():
        before, after = shown(simulation, moment, report_type), shown(overlaid, moment, report_type)
        assert +(after.places - before.places) == wanted, report_type
        for sku in after.totals:
            counted = sum(wanted[sku, place] for place in PLACES[: columns.counted])
            assert after.totals[sku] - before.totals[sku] == counted, report_type
    assert +(api_units(overlaid, US, now) - api_units(simulation, US, now)) == wanted
    for shipment in made:
        step, cancelled = step_of(shipment, now)
        for item in shipment.items:
            units = shipment.units(item, now)
            assert units.received == (item.received if step in ("received", "closed") else 0)
            if step not in ("", "closed") and not cancelled:
                assert units.working + units.shipped + units.receiving == item.shipped - units.received


def ledger(
    simulation: Simulation, report_type: str, moment: datetime, days: int, **options: str
) -> list[dict[str, str]]:
    start, seller = moment - timedelta(days=days), simulation.seller("northwind_na")
    document = simulation.document(report_type, seller, [US], start, moment, options, moment)
    if document is None:
        return []
    header, *rows = (
        [cell.strip('"') for cell in line.split("\t")]
        for line in document.read().decode("cp1252").removesuffix("\r\n").split("\r\n")
    )
    return [dict(zip(header, row, strict=True)) for row in rows]


def closing_balances(rows: Iterable[dict[str, str]]) -> dict[tuple[str, str], int]:
    """The last balance of each SKU and disposition; each line's movements must lead to it."""
    closed: dict[tuple[str, str], int] = {}
    for row in rows:
        opened, *flows, balance, _, _ = list(row.values())[6:]
        key = row["MSKU"], row["Disposition"]
        assert int(opened) == closed.get(key, int(opened))
        closed[key] = int(balance)
        assert int(opened) + sum(map(int, flows)) == closed[key]
    return closed


@quiet
@given(made=several, moment=moments)
def test_the_ledger_receives_them_and_still_balances(
    simulation: Simulation, made: tuple[CreatedShipment, ...], moment: datetime
) -> None:
    """Opening balance and movements give the closing balance, which is the stock of the inventory report at
    midnight; a shipment's receipts are the units that v0 counts as received by then.
    """
    overlaid = simulation.with_created(made)
    rows = ledger(overlaid, SUMMARY, moment, 20, aggregatedByTimePeriod="DAILY")
    closed = closing_balances(rows)
    last = datetime.strptime(rows[-1]["Date"], "%m/%d/%Y").replace(tzinfo=ZONE)
    midnight = last + timedelta(days=1)
    before = midnight.astimezone(UTC) - timedelta(seconds=1)
    seller = overlaid.seller("northwind_na")
    for row in read_flat_file(overlaid.document(INVENTORY, seller, [US], None, None, {}, before)).rows:
        on_hand = int(row["afn-fulfillable-quantity"]) + int(row["afn-reserved-quantity"])
        assert closed[row["sku"], "SELLABLE"] == on_hand

    receipts: Counter[tuple[str, str]] = Counter()
    by_day: Counter[tuple[str, str]] = Counter()
    for row in ledger(overlaid, DETAIL, moment, 60, eventType="Receipts"):
        receipts[row["Reference ID"], row["MSKU"]] += int(row["Quantity"])
        by_day[row["Date"], row["MSKU"]] += int(row["Quantity"])
    counted = {
        (shipment.confirmation_id, item.sku): shipment.units(item, int(before.timestamp())).received
        for shipment in made
        for item in shipment.items
    }
    assert {key: units for key, units in receipts.items() if key[0].startswith(IDS)} == {
        key: units for key, units in counted.items() if units
    }
    for row in rows:
        if row["Disposition"] == "SELLABLE":
            assert int(row["Receipts"]) == by_day[row["Date"], row["MSKU"]]


def documents(simulation: Simulation) -> dict[str, bytes]:
    """A document of each kind that shows stock or fees, of both accounts."""
    window = (EVENING - timedelta(days=20), EVENING)
    found = {}
    for account, marketplace_id in (("northwind_na", US), ("northwind_eu", DE)):
        seller = simulation.seller(account)
        for report_type in (*STOCK_REPORTS, SUMMARY, DETAIL, AFN):
            document = simulation.document(report_type, seller, [marketplace_id], *window, {}, EVENING)
            assert document is not None
            found[f"{report_type} of {account}"] = document.read()
    seller = simulation.seller("northwind_na")
    ours = [ref for ref in simulation.settlements(seller, EVENING) if US in ref.marketplace_ids]
    for ref in ours[-2:]:
        found[f"settlement {ref.settlement_id} of {seller.account}"] = simulation.settlement_document(
            seller, ref.settlement_id
        ).read()
    return found


def test_none_of_them_changes_nothing(simulation: Simulation) -> None:
    """Nor does having shown some before: the caches that both share hold only what is generated."""
    first = Simulation(7, "world")
    overlaid = first.with_created([closed_shipment(fba_skus()[0])])
    changed, plain = documents(overlaid), documents(simulation)
    assert documents(first) == documents(overlaid.with_created([])) == plain
    assert first.with_created([]) is first
    kinds = {name.split()[0] for name in plain if changed[name] != plain[name]}
    assert kinds == {*STOCK_REPORTS, SUMMARY, DETAIL, AFN, "settlement"}
    assert all(changed[name] == plain[name] for name in plain if name.endswith("northwind_eu"))


def test_a_cancelled_shipment_vanishes_from_every_report(simulation: Simulation) -> None:
    sku = fba_skus()[0]
    shipment = closed_shipment(sku)
    cancelled = simulation.with_created([shipment._replace(cancelled_at=shipment.created_at + 3 * HOUR)])
    assert documents(cancelled) == documents(simulation)
    before = datetime.fromtimestamp(shipment.created_at + HOUR, UTC)
    there = shown(cancelled, before, INVENTORY).places - shown(simulation, before, INVENTORY).places
    assert +there == {(sku, "working"): 90}


def test_a_job_carries_them_to_the_process_that_writes_documents(
    simulation: Simulation, tmp_path: Path
) -> None:
    """Equal shipments give equal bytes, in whatever order they come."""
    first, second, *_ = fba_skus()
    pair = [closed_shipment(first), closed_shipment(second, confirmation_id=f"{IDS}002")]
    here, worker = simulation.with_created(pair), Simulation(7, "world")
    document = here.document(INVENTORY, here.seller("northwind_na"), [US], None, None, {}, EVENING)
    assert document is not None
    job = RenderJob(str(tmp_path / "document"), False, "northwind_na", INVENTORY, EVENING, (US,))
    written = []
    for created in (here.created, simulation.with_created(pair[::-1]).created, ()):
        carried = pickle.loads(pickle.dumps(replace(job, created=created)))
        render(worker, carried)
        written.append(Path(job.path).read_bytes())
    assert written[0] == written[1] == document.read() != written[2]


def test_pooled_countries_report_each_others(simulation: Simulation) -> None:
    """The FBA Inventory API answers in each Pan-EU country with the stock of all."""
    sku = next(sku for sku in fba_skus(DE) if sku in fba_skus(FR))
    german = closed_shipment(sku, account="northwind_eu", country="DE", centre="LEJ1")
    french = german._replace(
        country="FR", centre="LYS1", confirmation_id=f"{IDS}002", items=(CreatedItem(sku, 7, 7),)
    )
    now, overlaid = int(EVENING.timestamp()), simulation.with_created([german, french])
    for marketplace_id in (DE, FR):
        there = api_units(overlaid, marketplace_id, now) - api_units(simulation, marketplace_id, now)
        assert +there == {(sku, "on hand"): 88 + 7}


def test_storage_is_charged_for_them(simulation: Simulation) -> None:
    """88 units received on 25 November are 88 x 5 / 30 on average; every third day is counted."""
    sku = fba_skus()[0]
    at = int(datetime(2026, 11, 25, 15, tzinfo=UTC).timestamp())
    late = closed_shipment(sku, receiving_at=at)._replace(received_at=at, closed_at=None)
    window = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
    averages = []
    for one in (simulation, simulation.with_created([late])):
        document = one.document(
            STORAGE, one.seller("northwind_na"), [US], *window, {}, datetime(2026, 12, 20, tzinfo=UTC)
        )
        rows = [row for row in read_flat_file(document).rows if row["sku"] == sku]
        averages.append(sum(Decimal(row["average_quantity_on_hand"]) for row in rows))
    assert averages[1] - averages[0] == pytest.approx(Decimal(88 * 5) / 30, abs=Decimal(88 * 3) / 30)


def test_units_sent_in_age_from_their_receipt(simulation: Simulation) -> None:
    """They are young, whatever the age of the stock they join."""
    sku, seller = fba_skus()[0], simulation.seller("northwind_na")
    overlaid, ages = simulation.with_created([closed_shipment(sku)]), []
    for one in (simulation, overlaid):
        document = one.document(PLANNING, seller, [US], None, None, {}, EVENING + timedelta(days=80))
        (row,) = [row for row in read_flat_file(document).rows if row["sku"] == sku]
        ages.append({name: int(row[name]) for name in row if name.startswith("inv-age-")})
    grown = {name: ages[1][name] - ages[0][name] for name in ages[0] if ages[1][name] != ages[0][name]}
    assert grown == {"inv-age-91-to-180-days": 88}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account": "nobody"}, "no account"),
        ({"country": "DE"}, "does not sell in"),
        ({"items": (CreatedItem("NO-SUCH-SKU", 1, 1),)}, "sells no NO-SUCH-SKU through FBA in US"),
        ({"items": ()}, "needs items"),
        ({"received_at": 1}, "not in order"),
    ],
)
def test_shipments_that_cannot_be_are_refused(
    simulation: Simulation, changes: dict[str, Any], message: str
) -> None:
    shipment = closed_shipment(fba_skus()[0], **changes)
    with pytest.raises((KeyError, ValueError), match=message):
        simulation.with_created([shipment])


def test_two_shipments_of_one_id_are_refused(simulation: Simulation) -> None:
    shipment = closed_shipment(fba_skus()[0])
    with pytest.raises(ValueError, match="one confirmation id"):
        simulation.with_created([shipment, shipment._replace(created_at=shipment.created_at - DAY)])
