"""Shipments that a client created through the inbound API: an overlay on the generated history."""

from __future__ import annotations

from typing import NamedTuple


class CreatedItem(NamedTuple):
    """Units of one SKU in a shipment; `received` counts those that will have arrived when it is closed."""

    sku: str
    shipped: int
    received: int


class CreatedShipment(NamedTuple):
    """One shipment whose placement was confirmed. Instants are UTC epoch seconds; None: not known yet.

    `country`: of the destination marketplace; `centre`: the warehouse; fees in the marketplace's currency,
    in hundredths (as all money of the simulation), charged at `charged_at`. Units count as working until
    `left_at`, as shipped until `receiving_at`, as received from `received_at` on.
    """

    account: str
    country: str
    plan_id: str
    plan_name: str
    placement_option_id: str
    shipment_id: str
    confirmation_id: str
    centre: str
    items: tuple[CreatedItem, ...]
    created_at: int
    left_at: int | None = None
    receiving_at: int | None = None
    received_at: int | None = None
    closed_at: int | None = None
    cancelled_at: int | None = None
    placement_fee: int = 0
    transportation_fee: int = 0
    charged_at: int | None = None
