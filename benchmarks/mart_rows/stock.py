"""Deliveries to Amazon, units that are stored there too long, and AWD."""

from __future__ import annotations

from mart_rows.tables import AGED, AGED_FEE, DAYS, TableRows

# All units that a marketplace receives on a day are one shipment; those of the last five days are still open.
_SHIPMENT = "'FBA{country}' || (d.day - date '2020-01-01')"
_DELIVERED = "d.received > 0"

STOCK = (
    TableRows(
        "inbound_shipments", "inbound_shipments",
        {
            "shipment_id": _SHIPMENT, "shipment_name": "'Harbour ' || d.day",
            "shipment_status": "CASE WHEN d.day > date '{until}' - 5 THEN 'RECEIVING' ELSE 'CLOSED' END",
            "destination_fulfillment_center_id": "'XX{marketplace}'", "confirmed_need_by_date": "d.day",
        },
        where=_DELIVERED, tail="GROUP BY d.day",
    ),
    TableRows(
        "inbound_shipments", "inbound_shipment_items",
        {
            "shipment_id": _SHIPMENT, "seller_sku": "s.sku", "fulfillment_network_sku": "s.fnsku",
            "quantity_shipped": "d.received", "quantity_received": "d.received",
        },
        where=_DELIVERED,
    ),
    TableRows(
        "inventory_ledger_detail", "inventory_ledger_detail",
        {
            "date": "d.day", "fnsku": "s.fnsku", "asin": "s.asin", "msku": "s.sku", "title": "s.title",
            "event_type": "'Receipts'", "reference_id": _SHIPMENT, "quantity": "d.received",
            "fulfillment_center": "'XX{marketplace}'", "disposition": "'SELLABLE'", "country": "'{country}'",
            "reconciled_quantity": "0", "unreconciled_quantity": "0",
            "line_hash": "md5('{marketplace}' || s.sku || d.day)",
        },
        where=_DELIVERED,
    ),
    TableRows(
        "long_term_storage_fees", "long_term_storage_fees",
        {
            "snapshot_date": "d.day", "sku": "s.sku", "fnsku": "s.fnsku", "asin": "s.asin",
            "product_name": "s.title", "condition": "'New'", "per_unit_volume": "s.cubic_feet",
            "currency": "'{currency}'", "volume_unit": "'cubic feet'", "country": "'{country}'",
            "qty_charged": "d.stock", "amount_charged": AGED_FEE, "surcharge_age_tier": "'181-210 days'",
            "rate_surcharge": "0.5",
        },
        where=AGED,
    ),
    # AWD is only in the United States, and only for some products.
    TableRows(
        "awd_inventory", "awd_inventory",
        {
            "snapshot_at": "d.day + 1 + time '02:00'", "sku": "s.sku", "total_inbound_quantity": "0",
            "total_onhand_quantity": "d.stock * 3", "available_distributable_quantity": "d.stock * 3",
            "replenishment_quantity": "0", "reserved_distributable_quantity": "0",
        },
        DAYS, "'{country}' = 'US' AND s.n % 20 = 0", newest_days_only=30,
    ),
)  # fmt: skip
