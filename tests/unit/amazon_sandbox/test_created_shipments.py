"""What clients created is in all that the server answers and writes from then on, until it is reset."""

from __future__ import annotations

from typing import Any

from support.sandbox_app import INVENTORY, Api
from unit.amazon_sandbox.simulation.created import closed_shipment, fba_skus

US = "ATVPDKIKX0DER"
ARCHIVED_TOO = "GET_FBA_MYI_ALL_INVENTORY_DATA"
STOCK = {"granularityType": "Marketplace", "granularityId": US, "marketplaceIds": US, "details": "true"}


def sellable(api: Api, report_id: str, sku: str) -> int:
    """Units of a SKU in an inventory report."""
    text = api.download(api.report(report_id)).decode("cp1252")
    header, *lines = (line.split("\t") for line in text.split("\r\n") if line)
    (row,) = (found for line in lines if (found := dict(zip(header, line, strict=True)))["sku"] == sku)
    return int(row["afn-fulfillable-quantity"])


def answered(api: Api, sku: str) -> int:
    """Units of a SKU in the FBA Inventory API."""
    headers, query = {"x-amz-access-token": api.token}, {**STOCK, "sellerSku": sku}
    body: dict[str, Any] = api.http.get("/fba/inventory/v1/summaries", params=query, headers=headers).json()
    (summary,) = body["payload"]["inventorySummaries"]
    return int(summary["inventoryDetails"]["fulfillableQuantity"])


def test_they_are_shown_from_then_on_until_a_reset(na: Api, control: Any) -> None:
    """Also by documents that were not written yet; those asked for before stay without them."""
    sku = fba_skus()[0]
    usual, before = answered(na, sku), na.create(INVENTORY)
    na.sandbox.show_created([closed_shipment(sku)])
    assert answered(na, sku) == usual + 88
    after = na.create(ARCHIVED_TOO)
    na.later(600)
    assert (sellable(na, before, sku), sellable(na, after, sku)) == (usual, usual + 88)
    control("POST", "/reset")
    assert answered(na.login(), sku) < usual + 88
    assert na.sandbox.simulation.created == ()
