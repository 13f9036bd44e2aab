"""Bulk stock, inbound shipments, plans, catalogue and fees from plan to tables, against the local Amazon."""

from __future__ import annotations

from datetime import date
from typing import Any, LiteralString

import pytest
from integration.collect.parts import Bench
from integration.collect.test_calling import loaded, rows_of

from sellerops.base.errors import ConfigurationError
from sellerops.collect.offers import listed_offers
from sellerops.ledger import Ledger
from sellerops.settings.specs import load_spec

pytestmark = pytest.mark.usefixtures("stepping_clock")

US = "ATVPDKIKX0DER"


@pytest.fixture
def listed(bench: Bench) -> dict[str, dict[str, Any]]:
    """Load the listings of the US marketplace; returns them by SKU."""
    results = loaded(bench, "listings_all")
    assert results["listings_all"].stored > 20
    rows = rows_of(bench, "SELECT seller_sku, asin1, price, fulfillment_channel FROM amazon_sp.listings_all")
    return {row["seller_sku"]: row for row in rows}


def assert_whole(bench: Bench, name: str) -> None:
    """A report's first slice is loaded: every table has rows, none is refused, no column is unknown."""
    results = loaded(bench, name)
    assert set(results) == set(load_spec(name).tables)
    for table, result in results.items():
        assert result.stored > 0, table
        assert result.rejected == 0, table
        assert result.new_columns == (), table
    counts = bench.sandbox.call_counts()
    assert {status for statuses in counts.values() for status in statuses} <= {"200", "202"}


def test_bulk_stock_adds_up(bench: Bench) -> None:
    assert_whole(bench, "awd_inventory")
    (row,) = rows_of(
        bench,
        """
        SELECT count(*) AS skus, sum(total_inbound_quantity) AS inbound, bool_and(total_onhand_quantity
            = available_distributable_quantity + reserved_distributable_quantity) AS adds_up
        FROM amazon_sp.awd_inventory WHERE marketplace_id IS NULL
        """,
    )
    assert row["skus"] > 10
    assert row["inbound"] > 0
    assert row["adds_up"]


def test_bulk_shipments_come_with_their_skus(bench: Bench) -> None:
    """Each listed one is requested once; the list itself adds no rows."""
    assert_whole(bench, "awd_inbound_shipments")
    (row,) = rows_of(
        bench,
        """
        SELECT count(DISTINCT one.shipment_id) AS shipments, count(*) AS skus
        FROM amazon_sp.awd_inbound_shipments AS one
        JOIN amazon_sp.awd_inbound_shipment_skus AS sku USING (account_id, shipment_id)
        WHERE sku.expected_quantity > 0 AND one.updated_at = sku.updated_at
        """,
    )
    assert row["skus"] > row["shipments"] > 0


def test_shipments_have_what_was_sent_and_what_arrived(bench: Bench) -> None:
    """Closed ones have arrived but for a few units; what is on its way is the inventory's inbound stock."""
    assert_whole(bench, "inbound_shipments")
    (row,) = rows_of(
        bench,
        """
        SELECT count(*) FILTER (WHERE shipment_status = 'CLOSED') AS closed,
               bool_and(quantity_received BETWEEN quantity_shipped - 3 AND quantity_shipped)
                   FILTER (WHERE shipment_status = 'CLOSED') AS have_arrived,
               bool_and(quantity_received = 0)
                   FILTER (WHERE shipment_status IN ('WORKING', 'SHIPPED')) AS not_yet
        FROM amazon_sp.inbound_shipments JOIN amazon_sp.inbound_shipment_items
            USING (account_id, marketplace_id, shipment_id)
        """,
    )
    assert row["closed"] > 0
    assert row["have_arrived"]
    assert row["not_yet"]


def test_a_received_quantity_comes_though_its_shipment_is_not_listed(bench: Bench) -> None:
    """Amazon does not list a shipment again when only its quantities change."""
    day = date(2026, 11, 19)
    (slice_, *_) = bench.slices(load_spec("inbound_shipments"), from_day=day, to_day=day)
    assert loaded(bench, "inbound_shipments", slice_)["inbound_shipment_items"].stored > 0
    rows = rows_of(
        bench,
        """
        SELECT quantity_received FROM amazon_sp.inbound_shipment_items
        WHERE shipment_id NOT IN (SELECT shipment_id FROM amazon_sp.inbound_shipments)
        """,
    )
    assert [row for row in rows if row["quantity_received"] > 0]


def test_plans_name_the_shipments_of_the_v0_operations(bench: Bench) -> None:
    """By the confirmation id; items and shipments belong to plans."""
    assert_whole(bench, "inbound_plans")
    assert_whole(bench, "inbound_shipments")
    joined: LiteralString = """
        SELECT count(*) AS shipments, bool_and(one.destination_warehouse_id
            = v0.destination_fulfillment_center_id) AS same,
            bool_and(plan.status IN ('ACTIVE', 'SHIPPED')
                AND v0.marketplace_id = plan.destination_marketplace_id
                AND v0.marketplace_id = one.destination_marketplace_id) AS known
        FROM amazon_sp.inbound_plan_shipments AS one
        JOIN amazon_sp.inbound_plans AS plan USING (account_id, inbound_plan_id)
        JOIN amazon_sp.inbound_shipments AS v0 ON v0.shipment_id = one.shipment_confirmation_id
    """
    (row,) = rows_of(bench, joined)
    assert row["shipments"] > 5
    assert row["same"]
    assert row["known"]
    (sums,) = rows_of(
        bench,
        """
        SELECT count(*) AS items, bool_and(item.quantity = v0.quantity_shipped) AS same
        FROM amazon_sp.inbound_plan_items AS item
        JOIN amazon_sp.inbound_plan_shipments AS one USING (account_id, inbound_plan_id)
        JOIN amazon_sp.inbound_shipment_items AS v0
            ON v0.shipment_id = one.shipment_confirmation_id AND v0.seller_sku = item.msku
        """,
    )
    assert sums["items"] > 5
    assert sums["same"]


def test_the_catalogue_describes_what_is_listed(bench: Bench, listed: dict[str, dict[str, Any]]) -> None:
    assert_whole(bench, "catalog_items")
    rows = rows_of(
        bench,
        "SELECT asin, brand, package_length, display_group_rank FROM amazon_sp.catalog_items",
    )
    assert {row["asin"] for row in rows} == {row["asin1"] for row in listed.values()}
    assert {row["brand"] for row in rows} == {"Northwind"}
    assert all(row["package_length"] > 0 and row["display_group_rank"] > 0 for row in rows)


def test_fees_are_the_fee_previews(bench: Bench, listed: dict[str, dict[str, Any]]) -> None:
    """At the listed prices; what the seller sends has no fulfilment fee."""
    assert_whole(bench, "product_fees")
    assert loaded(bench, "fee_preview")["fee_preview"].stored > 20
    rows = rows_of(
        bench, "SELECT seller_sku, status, is_amazon_fulfilled, listing_price FROM amazon_sp.product_fees"
    )
    assert {row["seller_sku"] for row in rows} == set(listed)
    assert {row["status"] for row in rows} == {"Success"}
    for row in rows:
        assert row["listing_price"] == listed[row["seller_sku"]]["price"]
        assert row["is_amazon_fulfilled"] == (listed[row["seller_sku"]]["fulfillment_channel"] != "DEFAULT")
    (same,) = rows_of(
        bench,
        """
        SELECT count(*) AS skus, bool_and(fees.total_fees_estimate = preview.estimated_fee_total
            AND detail.final_fee = preview.expected_fulfillment_fee_per_unit) AS same
        FROM amazon_sp.product_fees AS fees
        JOIN amazon_sp.product_fee_details AS detail
            ON detail.seller_sku = fees.seller_sku AND detail.fee_type = 'FBAFees'
        JOIN amazon_sp.fee_preview AS preview ON preview.sku = fees.seller_sku
        """,
    )
    assert same["skus"] > 20
    assert same["same"]


def test_without_listings_no_offers_are_known(ledger: Ledger) -> None:
    with pytest.raises(ConfigurationError, match="no offers and prices are known") as error:
        listed_offers(ledger, "northwind_na", US)
    assert "listings_all" in error.value.remedy
