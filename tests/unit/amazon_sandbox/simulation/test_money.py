"""The money of the simulation: what other reports say happened, under the names of real settlements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from unit.amazon_sandbox.simulation.reading import (
    DE,
    GB,
    US,
    Table,
    flat_file,
    is_balance,
    is_balance_transaction,
    read_flat_file,
)

from amazon_sandbox.finances.data import TransactionFilter, transactions
from amazon_sandbox.simulation import SettlementRef, Simulation, marketplaces, tables
from amazon_sandbox.simulation.money import (
    adjustments,
    inbound,
    promotions,
    refunds,
    reimbursements,
    removals,
    retrocharges,
    storage,
)
from amazon_sandbox.simulation.money.account import services, subscription
from amazon_sandbox.simulation.money.advertising import invoices_of_month, spend_on
from amazon_sandbox.simulation.money.balances import LENGTH, balances, moved_debts
from amazon_sandbox.simulation.money.events import Event
from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.months import month_of
from amazon_sandbox.simulation.money.releases import period_of
from amazon_sandbox.simulation.settlements import first_of_currencies, lines_of_group
from amazon_sandbox.simulation.storefront import Storefront

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STORAGE = "GET_FBA_STORAGE_FEE_CHARGES_DATA"
REIMBURSEMENTS = "GET_FBA_REIMBURSEMENTS_DATA"
ACCOUNTS = {US: "northwind_na", GB: "northwind_eu", DE: "northwind_eu"}

Row = dict[str, str]


def settlements(simulation: Simulation, marketplace_id: str) -> list[SettlementRef]:
    seller = simulation.seller(ACCOUNTS[marketplace_id])
    refs = simulation.settlements(seller, NOW)
    return [ref for ref in refs if marketplace_id in ref.marketplace_ids]


def table_of(simulation: Simulation, marketplace_id: str, ref: SettlementRef) -> Table:
    return read_flat_file(
        simulation.settlement_document(simulation.seller(ACCOUNTS[marketplace_id]), ref.settlement_id)
    )


def money(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def listed(simulation: Simulation, marketplace_id: str, ref: SettlementRef) -> list[dict[str, Any]]:
    """The transactions of a settlement, deferred money counted once."""
    seller = simulation.seller(ACCOUNTS[marketplace_id])
    storefronts = [simulation.storefront(seller, each) for each in ref.marketplace_ids]
    start, end = int(ref.start.timestamp()), int(ref.end.timestamp()) + 86_400
    wanted = TransactionFilter(start - 12 * 86_400, end, group_id=ref.settlement_id)
    page, _ = transactions(seller, storefronts, wanted, int(NOW.timestamp()), None, 100_000)
    return [one for one in page if one["transactionStatus"] != "DEFERRED_RELEASED"]


def leaves(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, Decimal]]:
    for node in nodes:
        if node["breakdowns"]:
            yield from leaves(node["breakdowns"])
        else:
            yield node["breakdownType"], Decimal(str(node["breakdownAmount"]["currencyAmount"]))


@pytest.mark.parametrize("marketplace_id", [US, GB])
def test_each_line_has_its_transaction(simulation: Simulation, marketplace_id: str) -> None:
    """By instant and currency, to the cent; lines without a marketplace, too: their transaction names it."""
    ref = settlements(simulation, marketplace_id)[-1]
    _, *rows = table_of(simulation, marketplace_id, ref).rows
    lines: Counter[datetime] = Counter()
    for row in rows:
        if not is_balance(row):
            posted = datetime.strptime(row["posted-date-time"], "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC)
            lines[posted] += int(money(row["amount"]) * 100)
    posted_amounts: Counter[datetime] = Counter()
    for one in listed(simulation, marketplace_id, ref):
        amounts = list(leaves(one["breakdowns"]))
        total = Decimal(str(one["totalAmount"]["currencyAmount"]))
        assert sum(amount for _, amount in amounts) == total, one["transactionType"]
        for item in one.get("items", []):
            known = list(leaves(item["breakdowns"]))
            if known:
                assert sum(amount for _, amount in known) == Decimal(
                    str(item["totalAmount"]["currencyAmount"])
                )
        if not is_balance_transaction(one):
            posted_amounts[datetime.fromisoformat(one["postedDate"])] += int(total * 100)
        assert one["sellingPartnerMetadata"]["marketplaceId"] in ref.marketplace_ids
    assert len(lines) > 500
    assert lines == posted_amounts
    nameless = [row for row in rows if not row["marketplace-name"] and not is_balance(row)]
    assert 0.002 < len(nameless) / len(rows) < 0.03


def test_transactions_have_names_of_their_own(simulation: Simulation) -> None:
    """Those of real accounts; now and then a node is a leaf itself, and a roll-up is empty."""
    found: dict[str, set[str]] = {}
    for ref in settlements(simulation, US)[-3:]:
        for one in listed(simulation, US, ref):
            names = found.setdefault(one["transactionType"], set())
            names |= {name for name, _ in leaves(one["breakdowns"])}
    shipped = {"OurPricePrincipal", "OurPriceTax", "ShippingPrincipal", "ShippingDiscount", "Commission",
               "FBAPerUnitFulfillmentFee", "MarketplaceFacilitatorTax-Principal"}  # fmt: skip
    assert shipped | {"ProductCharges", "AmazonFees", "FBAFees"} <= found["Shipment"]
    assert {"RefundCommission", "OurPricePrincipal"} <= found["Refund"]
    assert {"AdvertisingFee", "Sales"} <= found["ProductAdsPayment"]
    assert {"FBAStorageFee", "FBAInboundConvenienceFee", "FBAInboundTransportationFee", "FBARemovalFee",
            "Subscription", "FBALongTermStorageFee"} <= found["ServiceFee"]  # fmt: skip
    assert "FBAInventoryReimbursement" in found["FBAInventoryReimbursement"]
    assert found["Transfer"] == {"FundTransfer", "Expenses"}
    assert found["RemovalShipment"] >= {"RecommerceLiquidation", "AmazonFees", "TaxOnRevenue"}
    assert "Principal" not in set().union(*found.values()), "a name of settlements"


@pytest.mark.parametrize("marketplace_id", [US, GB])
def test_a_months_storage_is_the_storage_report(simulation: Simulation, marketplace_id: str) -> None:
    """Charged once, between the 7th and the 15th of the next month, under the name of its day."""
    seller = simulation.seller(ACCOUNTS[marketplace_id])
    for month, name in ((date(2026, 5, 1), "Storage Fee"), (date(2026, 9, 1), "FBA Inventory Storage Fee")):
        start = datetime(month.year, month.month, 1, tzinfo=UTC)
        table = flat_file(
            simulation, STORAGE, seller, [marketplace_id], start, start + timedelta(days=28), NOW
        )
        reported = sum(Decimal(row["estimated_monthly_storage_fee"]) for row in table.rows)
        first = (start + timedelta(days=32)).replace(day=7)
        rows = [
            row
            for ref in settlements(simulation, marketplace_id)
            if ref.start < first + timedelta(days=9) and first < ref.end
            for row in table_of(simulation, marketplace_id, ref).rows[1:]
            if name in (row["amount-type"], row["amount-description"])
            and first <= datetime.fromisoformat(row["posted-date"]).replace(tzinfo=UTC)
        ]
        base = [row for row in rows if row["amount-description"] != "Tax on fee"]
        assert len(base) == 1
        assert -money(base[0]["amount"]) == round(reported, 2)
        taxed = sum(money(row["amount"]) for row in rows if row not in base)
        has_vat = marketplace_id == GB and month.month == 9
        assert taxed == (round(money(base[0]["amount"]) * Decimal("0.2"), 2) if has_vat else 0)


def test_advertising_is_the_spend_of_the_ads(simulation: Simulation) -> None:
    """Of a month; French ads are billed in Germany, Mexican ones are paid by card."""
    seller = simulation.seller("northwind_eu")
    german, french = (
        simulation.storefront(seller, marketplaces.by_country(country).marketplace_id)
        for country in ("DE", "FR")
    )
    start = datetime(2026, 9, 1, tzinfo=UTC)
    days = range(start.toordinal(), start.toordinal() + 30)
    invoiced: Counter[int] = Counter()
    for storefront in (german, french):
        spent = sum(amount for day in days for _, amount in spend_on(storefront, day))
        invoices = [
            event
            for event in invoices_of_month(storefront, month_of(int(start.timestamp())))
            if event.kind == "ads.cost"
        ]
        assert -sum(event.amount for event in invoices) == spent
        assert len(invoices) > 5, "by threshold"
        invoiced.update({event.posted: event.amount for event in invoices})
    listed_ads = ads_listed(simulation, "northwind_eu", german.marketplace.marketplace_id, start)
    assert invoiced.items() <= listed_ads.items()
    in_france = ads_listed(simulation, "northwind_eu", french.marketplace.marketplace_id, start)
    assert not invoiced.keys() & in_france.keys(), "only Belgian ads are billed there"
    mexican = marketplaces.by_country("MX").marketplace_id
    assert not ads_listed(simulation, "northwind_na", mexican, start)


def ads_listed(simulation: Simulation, account: str, marketplace_id: str, start: datetime) -> Counter[int]:
    """The charges for ads that transactions list in five weeks: by instant, minor units."""
    seller = simulation.seller(account)
    wanted = TransactionFilter(int(start.timestamp()), int(start.timestamp()) + 36 * 86_400)
    storefronts = [simulation.storefront(seller, marketplace_id)]
    page, _ = transactions(seller, storefronts, wanted, int(NOW.timestamp()), None, 100_000)
    found: Counter[int] = Counter()
    for one in page:
        if one["transactionType"] == "ProductAdsPayment":
            assert one["marketplaceDetails"]["marketplaceId"] == marketplace_id
            posted = int(datetime.fromisoformat(one["postedDate"]).timestamp())
            found[posted] += round(one["totalAmount"]["currencyAmount"] * 100)
    return found


def test_reimbursements_are_those_of_the_report(simulation: Simulation) -> None:
    """To the cent by SKU, what was taken back included."""
    seller = simulation.seller("northwind_na")
    paid: Counter[str] = Counter()
    settled: Counter[str] = Counter()
    refs = settlements(simulation, US)[-6:]
    for row in flat_file(simulation, REIMBURSEMENTS, seller, [US], refs[0].start, refs[-1].end, NOW).rows:
        paid[row["sku"]] += int(Decimal(row["amount-total"]) * 100)
    marketplaces_named = set()
    for ref in refs:
        for row in table_of(simulation, US, ref).rows[1:]:
            if row["amount-type"] == "FBA Inventory Reimbursement":
                settled[row["sku"]] += int(money(row["amount"]) * 100)
                marketplaces_named.add(row["marketplace-name"])
    assert len(settled) > 5
    assert settled == paid
    assert marketplaces_named == {"", "Amazon.com"}


def test_the_families_of_real_settlements_occur(simulation: Simulation) -> None:
    """All that real files were seen to contain, within fifteen months."""
    produced = {(line.transaction_type, line.amount_type, line.amount_description)
                for line in _lines_of_months(simulation)}  # fmt: skip
    patterns = tables.rows("settlement_patterns")
    assert len(patterns) > 90
    missing = {
        (row["transaction_type"], row["amount_type"], row["amount_description"])
        for row in patterns
        if not any(_is_of(names, row) for names in produced)
    }
    assert not missing


def _is_of(names: tuple[str, str, str], pattern: Row) -> bool:
    wanted = pattern["transaction_type"], pattern["amount_type"], pattern["amount_description"]
    if pattern["match"] == "prefix":
        return all(name.startswith(each) for name, each in zip(names, wanted, strict=True))
    return all(each in ("*", name) for name, each in zip(names, wanted, strict=True))


def _lines_of_months(simulation: Simulation) -> Iterator[Line]:
    """Of rare families the lines of all days, of the others those of some settlements."""
    end = int(NOW.timestamp())
    span, newest = (end - 450 * 86_400, end), (end - 150 * 86_400, end)
    us, gb, de, ae, jp = (
        (simulation.seller(account), _storefront(simulation, account, country))
        for account, country in (
            ("northwind_na", "US"), ("northwind_eu", "GB"), ("northwind_eu", "DE"), ("northwind_ae", "AE"),
            ("northwind_jp", "JP"),
        )
    )  # fmt: skip
    events: list[Event] = []
    # Month by month, so that all families of a month find its orders, of which only some months are kept.
    months = [(start, min(start + 30 * 86_400, end)) for start in range(span[0], end, 30 * 86_400)]
    for seller, storefront in (us, gb):
        for month in months:
            for family in (adjustments.corrections, promotions.promotion_fees, inbound.shipment_fees,
                           removals.removal_fees, removals.liquidations, retrocharges.retrocharges,
                           reimbursements.payments):  # fmt: skip
                events += family(storefront, *month)
        events += storage.storage_charges(storefront, *newest)
        events += subscription(seller, storefront, *newest)
        events += moved_debts(storefront, first_of_currencies(seller, storefront), *span)
        for start in range(period_of(storefront, end - 730 * 86_400)[0], end, LENGTH):
            events += balances(storefront, start, 100_000, lambda _: 100_000)
    for seller, storefront in (gb, de, ae):
        events += services(seller, storefront, *span)
    for number in range(month_of(newest[0]), month_of(end)):
        events += invoices_of_month(gb[1], number)
    for event in events:
        yield from event.lines()
    yield from refunds.lines_posted(jp[1], *span)
    for account, country, weeks in (
        ("northwind_na", "US", 4), ("northwind_na", "US", 40), ("northwind_na", "CA", 74),
        ("northwind_eu", "GB", 4), ("northwind_au", "AU", 8), ("northwind_jp", "JP", 8),
    ):  # fmt: skip
        storefront = _storefront(simulation, account, country)
        start = period_of(storefront, end - weeks * 7 * 86_400)[0]
        yield from lines_of_group(simulation.seller(account), [storefront], start)


def _storefront(simulation: Simulation, account: str, country: str) -> Storefront:
    marketplace_id = marketplaces.by_country(country).marketplace_id
    return simulation.storefront(simulation.seller(account), marketplace_id)
