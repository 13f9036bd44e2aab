"""What shipments that clients create cost: the same in settlements and in transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from support.examples import examples
from unit.amazon_sandbox.simulation.created import DAY, IDS, START, closed_shipment, fba_skus, several
from unit.amazon_sandbox.simulation.reading import DE, JP, US, read_flat_file

from amazon_sandbox.finances.data import TransactionFilter, transactions
from amazon_sandbox.simulation import Seller, SettlementRef, Simulation
from amazon_sandbox.simulation.created_shipments import CreatedShipment

PLACEMENT, CARRIER = "FBA Inbound Placement Service Fee", "FBA Amazon-Partnered Carrier Shipment Fee"
LEAVES = {PLACEMENT: "FBAInboundConvenienceFee", CARRIER: "FBAInboundTransportationFee"}
UNTIL = datetime(2027, 2, 15, tzinfo=UTC)

Fee = tuple[int, str, str, Decimal]  # instant, name, confirmation id, amount


def wanted_fees(made: Iterable[CreatedShipment]) -> Iterator[Fee]:
    """The carrier's when it can no longer be voided, the placement's 45 days after receipt; none of what is
    cancelled before.
    """
    for one in made:
        gone = one.cancelled_at if one.cancelled_at is not None else 1 << 40
        if one.charged_at and one.transportation_fee and one.charged_at < gone:
            yield one.charged_at, CARRIER, one.confirmation_id, -Decimal(one.transportation_fee) / 100
        if one.received_at and one.placement_fee and one.received_at < gone:
            yield (
                one.received_at + 45 * DAY,
                PLACEMENT,
                one.confirmation_id,
                -Decimal(one.placement_fee) / 100,
            )


def settlements(simulation: Simulation, seller: Seller, marketplace_id: str) -> list[SettlementRef]:
    refs = simulation.settlements(seller, UNTIL)
    return [ref for ref in refs if marketplace_id in ref.marketplace_ids and ref.end > START]


def settled_fees(simulation: Simulation, seller: Seller, ref: SettlementRef) -> Iterator[Fee]:
    head, *rows = read_flat_file(simulation.settlement_document(seller, ref.settlement_id)).rows
    amounts = [Decimal(row["amount"].replace(",", ".")) for row in rows]
    assert Decimal(head["total-amount"].replace(",", ".")) == sum(amounts)
    for row, amount in zip(rows, amounts, strict=True):
        if row["order-id"].startswith(IDS):
            assert (row["transaction-type"], row["amount-description"]) == ("FBAFees", "Base fee")
            assert row["marketplace-name"] == row["sku"] == ""
            pattern = "%d.%m.%Y %H:%M:%S %Z" if "." in row["posted-date"] else "%Y-%m-%d %H:%M:%S %Z"
            posted = datetime.strptime(row["posted-date-time"], pattern).replace(tzinfo=UTC)
            yield int(posted.timestamp()), row["amount-type"], row["order-id"], amount


def transacted_fees(
    simulation: Simulation, seller: Seller, marketplace_id: str, group_id: str, days: Iterable[int]
) -> Iterator[Fee]:
    """As the Finances API lists them in a settlement's group, on days since 1970."""
    storefronts = [simulation.storefront(seller, each) for each in seller.marketplace_ids]
    names = {leaf: name for name, leaf in LEAVES.items()}
    for day in days:
        span = TransactionFilter(day * DAY, (day + 1) * DAY, group_id=group_id)
        page, _ = transactions(seller, storefronts, span, int(UNTIL.timestamp()), None, 100_000)
        for one in page:
            related = {
                each["relatedIdentifierName"]: each["relatedIdentifierValue"]
                for each in one["relatedIdentifiers"]
            }
            if related.get("SHIPMENT_ID", "").startswith(IDS):
                assert one["sellingPartnerMetadata"]["marketplaceId"] == marketplace_id
                (kind,) = one["breakdowns"]
                (leaf,) = kind["breakdowns"]
                assert leaf["breakdownAmount"] == one["totalAmount"]
                posted = int(datetime.fromisoformat(one["postedDate"]).timestamp())
                name = names[leaf["breakdownType"]]
                assert one["description"] == name
                amount = Decimal(str(one["totalAmount"]["currencyAmount"]))
                yield posted, name, related["SHIPMENT_ID"], amount


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=several)
def test_fees_are_in_the_settlement_and_the_transactions_of_their_day(
    simulation: Simulation, made: tuple[CreatedShipment, ...]
) -> None:
    """To the cent, in the settlement of their day, under the names Amazon uses."""
    overlaid, seller = simulation.with_created(made), simulation.seller("northwind_na")
    fees = sorted(wanted_fees(made))
    for ref in settlements(overlaid, seller, US):
        inside = [fee for fee in fees if ref.start.timestamp() <= fee[0] < ref.end.timestamp()]
        if inside:
            assert sorted(settled_fees(overlaid, seller, ref)) == inside
            days = sorted({at // DAY for at, *_ in inside})
            assert sorted(transacted_fees(overlaid, seller, US, ref.settlement_id, days)) == inside
            fees = [fee for fee in fees if fee not in inside]
    assert fees == []


def test_fees_are_in_the_currency_of_the_marketplace(simulation: Simulation) -> None:
    """Euros settle with euros; yen have no cents."""
    for marketplace_id, account, country, carrier in (
        (DE, "northwind_eu", "DE", Decimal("-118.50")),
        (JP, "northwind_jp", "JP", Decimal(-11_850)),
    ):
        shipment = closed_shipment(fba_skus(marketplace_id)[0], account=account, country=country)
        overlaid, seller = simulation.with_created([shipment]), simulation.seller(account)
        fees = [
            fee
            for ref in settlements(overlaid, seller, marketplace_id)
            if ref.start < START + timedelta(days=30)
            for fee in settled_fees(overlaid, seller, ref)
        ]
        assert fees == [(shipment.charged_at, CARRIER, shipment.confirmation_id, carrier)]


def test_a_charge_that_was_not_voided_in_time_stays(simulation: Simulation) -> None:
    """Nothing is received, so only the placement is free."""
    shipment = closed_shipment(fba_skus()[0])
    assert shipment.charged_at is not None
    late = shipment._replace(cancelled_at=shipment.charged_at + 1)
    assert [(charge.name, charge.amount) for charge in late.charges()] == [(CARRIER, 11_850)]
    overlaid, seller = simulation.with_created([late]), simulation.seller("northwind_na")
    found = [
        fee
        for ref in settlements(overlaid, seller, US)
        if ref.start.timestamp() <= shipment.charged_at < ref.end.timestamp()
        for fee in settled_fees(overlaid, seller, ref)
    ]
    assert found == [(shipment.charged_at, CARRIER, shipment.confirmation_id, Decimal("-118.50"))]


def test_a_price_that_changes_after_the_charge_is_corrected(simulation: Simulation) -> None:
    """What a settlement said stays; shown again, the same price is not corrected again."""
    shipment = closed_shipment(fba_skus()[0])
    charged = shipment.charged_at
    assert charged is not None
    cheaper, dearer = (shipment._replace(transportation_fee=fee) for fee in (10_000, 12_000))
    assert cheaper.following(shipment, charged - 1) == cheaper
    first = cheaper.following(shipment, charged + DAY)
    assert first == cheaper.following(first, charged + 2 * DAY)
    second = dearer.following(first, charged + 3 * DAY)
    charges = [(each.at - charged, each.amount) for each in second.charges() if each.name == CARRIER]
    assert charges == [(0, 11_850), (DAY, -1_850), (3 * DAY, 2_000)]
    overlaid, seller = simulation.with_created([second]), simulation.seller("northwind_na")
    found = [
        fee
        for ref in settlements(overlaid, seller, US)
        if ref.start < START + timedelta(days=40)
        for fee in settled_fees(overlaid, seller, ref)
        if fee[1] == CARRIER
    ]
    assert [amount for *_, amount in found] == [Decimal("-118.50"), Decimal("18.50"), Decimal("-20.00")]
    for ref in settlements(overlaid, seller, US):
        inside = [fee for fee in found if ref.start.timestamp() <= fee[0] < ref.end.timestamp()]
        days = sorted({at // DAY for at, *_ in inside})
        assert list(transacted_fees(overlaid, seller, US, ref.settlement_id, days)) == inside
