"""What clients created is in all that the server answers and writes from then on, until it is reset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from support.inbound_api import US, V0, Inbound
from support.sandbox_app import INVENTORY, Api
from unit.amazon_sandbox.simulation.created import closed_shipment, fba_skus

from amazon_sandbox.simulation import Simulation

ARCHIVED_TOO = "GET_FBA_MYI_ALL_INVENTORY_DATA"
TRANSACTIONS = "/finances/2024-06-19/transactions"
STOCK = {"granularityType": "Marketplace", "granularityId": US, "marketplaceIds": US, "details": "true"}
PLACES = ("inboundWorking", "inboundShipped", "inboundReceiving", "fulfillable")
PARCEL, PARTNERED = "GROUND_SMALL_PARCEL", "AMAZON_PARTNERED_CARRIER"
IN_TRANSIT = {"SHIPPED", "IN_TRANSIT", "DELIVERED", "CHECKED_IN"}
DAY = 86_400


@pytest.fixture
def us(na: Api) -> Inbound:
    return Inbound(na)


def sellable(api: Api, report_id: str, sku: str) -> int:
    """Units of a SKU in an inventory report."""
    text = api.download(api.report(report_id)).decode("cp1252")
    header, *lines = (line.split("\t") for line in text.split("\r\n") if line)
    (row,) = (found for line in lines if (found := dict(zip(header, line, strict=True)))["sku"] == sku)
    return int(row["afn-fulfillable-quantity"])


def details(api: Api, sku: str) -> tuple[int, ...]:
    """Units of a SKU in each of PLACES, in the FBA Inventory API."""
    headers, query = {"x-amz-access-token": api.token}, {**STOCK, "sellerSku": sku}
    body: dict[str, Any] = api.http.get("/fba/inventory/v1/summaries", params=query, headers=headers).json()
    (summary,) = body["payload"]["inventorySummaries"]
    return tuple(summary["inventoryDetails"][f"{place}Quantity"] for place in PLACES)


def sent_in(api: Api, generated: Simulation, sku: str) -> tuple[int, ...]:
    """How many units more than were generated the FBA Inventory API shows in each of PLACES."""
    shown, created = details(api, sku), api.sandbox.simulation.created
    api.sandbox.simulation = generated
    usual = details(api, sku)
    api.sandbox.show_created(created)
    return tuple(now - before for now, before in zip(shown, usual, strict=True))


def test_they_are_shown_from_then_on_until_a_reset(na: Api, control: Any) -> None:
    """Also by documents that were not written yet; those asked for before stay without them."""
    sku = fba_skus()[0]
    usual, before = details(na, sku)[-1], na.create(INVENTORY)
    na.sandbox.show_created([closed_shipment(sku)])
    assert details(na, sku)[-1] == usual + 88
    after = na.create(ARCHIVED_TOO)
    na.later(600)
    assert (sellable(na, before, sku), sellable(na, after, sku)) == (usual, usual + 88)
    control("POST", "/reset")
    assert details(na.login(), sku)[-1] < usual + 88
    assert na.sandbox.simulation.created == ()


class Carried(NamedTuple):
    """A plan of 60 units of a SKU whose carriers are confirmed: its path, and what was offered for it."""

    plan: str
    sku: str
    shipments: list[dict[str, Any]]
    fee: Decimal
    carriage: Decimal


def carried(us: Inbound) -> Carried:
    listing = us.listings("standard")[0]
    plan = us.plan(us.item(listing, 60))
    us.pack(plan)
    placement = next(each for each in us.place(plan) if len(each["shipmentIds"]) == 2)
    offers = us.offer(plan, placement)
    us.confirm_placement(plan, placement)
    shipments = us.confirm_carriers(plan, offers, PARCEL, PARTNERED)
    chosen = {each["selectedTransportationOptionId"] for each in shipments}
    quotes = [each["quote"]["cost"] for each in offers if each["transportationOptionId"] in chosen]
    fees = [each["value"] for each in placement["fees"]]
    fee, carriage = (sum(Decimal(str(each["amount"])) for each in some) for some in (fees, quotes))
    return Carried(plan, listing.sku, shipments, Decimal(fee), Decimal(carriage))


def v0_units(us: Inbound, shipment: dict[str, Any]) -> tuple[str, int, int]:
    """Status of a shipment in v0, and its units shipped and received."""
    name = shipment["shipmentConfirmationId"]
    query = {"QueryType": "SHIPMENT", "MarketplaceId": US, "ShipmentIdList": name}
    (data,) = us.get(f"{V0}/shipments", **query)["payload"]["ShipmentData"]
    items = us.get(f"{V0}/shipments/{name}/items")["payload"]["ItemData"]
    shipped, received = (sum(each[f"Quantity{what}"] for each in items) for what in ("Shipped", "Received"))
    return data["ShipmentStatus"], shipped, received


def test_from_the_plan_to_the_charge_all_answers_agree(us: Inbound) -> None:
    """Every twelve hours v0 and stock count the same units; then the ledger has received them, and Amazon
    charges what was offered.
    """
    generated = us.api.sandbox.simulation
    us.api.sandbox.faults.add("units_lost", operation="confirmTransportationOptions", options={"units": 2})
    _, sku, shipments, fee, carriage = carried(us)
    for shipment in shipments:
        us.labels(shipment)
    seen: set[str] = set()
    for _ in range(44):
        states = [v0_units(us, each) for each in shipments]
        seen |= {status for status, _, _ in states}
        places = sent_in(us.api, generated, sku)
        open_ones = [state for state in states if state[0] != "CLOSED"]
        assert places[3] == sum(received for _, _, received in states)
        assert sum(places[:3]) == sum(shipped - received for _, shipped, received in open_ones)
        assert places[0] == sum(shipped for status, shipped, _ in states if status == "READY_TO_SHIP")
        assert places[1] == sum(shipped for status, shipped, _ in states if status in IN_TRANSIT)
        us.api.later(DAY / 2)
    assert seen == {"READY_TO_SHIP", *IN_TRANSIT, "RECEIVING", "CLOSED"}
    assert sum(shipped - received for _, shipped, received in states) == 4

    received = Counter({each["shipmentConfirmationId"]: v0_units(us, each)[2] for each in shipments})
    assert ledger_receipts(us, sku) == received
    us.api.later(50 * DAY)
    due = {charge.at // DAY for one in us.api.sandbox.simulation.created for charge in one.charges()}
    assert charges(us, set(received), due) == {
        "FBAInboundConvenienceFee": -fee,
        "FBAInboundTransportationFee": -carriage,
    }


def ledger_receipts(us: Inbound, sku: str) -> Counter[str]:
    """Receipts of created shipments in the inventory ledger, by reference."""
    api, now = us.api, datetime.fromtimestamp(us.api.sandbox.clock.now(), UTC)
    document = api.sandbox.simulation.document(
        "GET_LEDGER_DETAIL_VIEW_DATA", api.seller, [US], now - timedelta(days=30), now, {"MSKU": sku}, now
    )
    assert document is not None
    found: Counter[str] = Counter()
    for line in document.read().decode("cp1252").split("\r\n")[1:-1]:
        cells = [cell.strip('"') for cell in line.split("\t")]
        if cells[5] == "Receipts" and not cells[6].startswith("FBA15"):
            found[cells[6]] += int(cells[7])
    return found


def charges(us: Inbound, ids: set[str], days: Iterable[int]) -> dict[str, Decimal]:
    """Fees of shipments in the transactions of some days since 1970, by name."""
    totals: dict[str, Decimal] = {}
    for day in days:
        first, last = (f"{datetime.fromtimestamp(at * DAY, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (day, day + 1))
        query = {"postedAfter": first, "postedBefore": last, "marketplaceId": US}
        token: dict[str, str] = {}
        while True:
            headers = {"x-amz-access-token": us.api.token}
            answer = us.api.http.get(TRANSACTIONS, params={**query, **token}, headers=headers)
            payload = answer.json()["payload"]
            for one in payload["transactions"]:
                if ids & {each["relatedIdentifierValue"] for each in one["relatedIdentifiers"]}:
                    (leaf,) = one["breakdowns"][0]["breakdowns"]
                    amount = Decimal(str(one["totalAmount"]["currencyAmount"]))
                    totals[leaf["breakdownType"]] = totals.get(leaf["breakdownType"], Decimal(0)) + amount
            if "nextToken" not in payload:
                break
            token = {"nextToken": payload["nextToken"]}
    return totals


def test_a_cancelled_plan_leaves_no_units_and_no_charge(us: Inbound) -> None:
    """Within the void window."""
    generated = us.api.sandbox.simulation
    begun = int(us.api.sandbox.clock.now()) // DAY
    plan, sku, shipments, _, _ = carried(us)
    assert sent_in(us.api, generated, sku) == (60, 0, 0, 0)
    us.done("PUT", f"{plan}/cancellation")
    assert sent_in(us.api, generated, sku) == (0, 0, 0, 0)
    us.api.later(40 * DAY)
    assert sent_in(us.api, generated, sku) == (0, 0, 0, 0)
    ids = {each["shipmentConfirmationId"] for each in shipments}
    assert charges(us, ids, range(begun, begun + 4)) == {}


def test_cancelled_after_the_void_window_the_carrier_is_paid(us: Inbound) -> None:
    """The units are gone all the same, and nothing is charged for the placement."""
    generated = us.api.sandbox.simulation
    begun = int(us.api.sandbox.clock.now()) // DAY
    plan, sku, shipments, _, carriage = carried(us)
    us.api.later(30 * 3600)
    operation = us.ended(us.start("PUT", f"{plan}/cancellation"))
    assert operation["operationStatus"] == "SUCCESS"
    assert {each["severity"] for each in operation["operationProblems"]} == {"WARNING"}
    assert sent_in(us.api, generated, sku) == (0, 0, 0, 0)
    us.api.later(3 * DAY)
    ids = {each["shipmentConfirmationId"] for each in shipments}
    assert charges(us, ids, range(begun, begun + 4)) == {"FBAInboundTransportationFee": -carriage}
