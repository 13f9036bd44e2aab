"""An inbound run in the ledger, and an Amazon of prepared answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from psycopg.types.json import Jsonb

from sellerops.base.errors import RequestRefused
from sellerops.ledger import Ledger

US = "ATVPDKIKX0DER"
Answer = Mapping[str, Any] | Exception | Callable[[Mapping[str, Any]], Mapping[str, Any]]


def add_run(ledger: Ledger, name: str = "Spring", **columns: Any) -> int:
    """A run whose carriers are confirmed; columns as given."""
    values = {
        "account_id": "northwind_na",
        "marketplace_id": US,
        "name": name,
        "state": "confirmed",
        "request": Jsonb({"ready_at": "2026-11-20T08:00:00+00:00"}),
        "dag_id": "fba_inbound",
        "run_id": f"run {name}",
        "plan_id": f"wf-{name}",
        **columns,
    }
    return insert(ledger, "inbound_run", values, "id")


def add_shipment(ledger: Ledger, run: int, shipment_id: str, skus: Mapping[str, int], **columns: Any) -> None:
    """A shipment of the confirmed placement with planned units by SKU."""
    values = {
        "inbound_run_id": run,
        "shipment_id": shipment_id,
        "placement_option_id": "pl-1",
        "is_chosen": True,
        "status": "READY_TO_SHIP",
        "confirmation_id": f"FBA{shipment_id}",
        "warehouse_id": "ABE2",
        **columns,
    }
    insert(ledger, "inbound_shipment", values, "shipment_id")
    for sku, planned in skus.items():
        item = {"inbound_run_id": run, "shipment_id": shipment_id, "sku": sku, "planned": planned}
        insert(ledger, "inbound_shipment_item", item, "sku")


def add_option(ledger: Ledger, run: int, option_id: str, shipment_id: str, **columns: Any) -> None:
    """A transportation option."""
    values = {
        "inbound_run_id": run,
        "transportation_option_id": option_id,
        "generation": 1,
        "placement_option_id": "pl-1",
        "shipment_id": shipment_id,
        "mode": "GROUND_SMALL_PARCEL",
        "solution": "AMAZON_PARTNERED_CARRIER",
        **columns,
    }
    insert(ledger, "inbound_transportation_option", values, "transportation_option_id")


def insert(ledger: Ledger, table: str, values: Mapping[str, Any], returning: str) -> Any:
    names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    statement = f"INSERT INTO sellerops.{table} ({names}) VALUES ({places}) RETURNING {returning}"
    with ledger.connection() as connection:
        row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return row[returning]


def rows(ledger: Ledger, statement: str, *values: Any) -> list[dict[str, Any]]:
    with ledger.connection() as connection:
        return connection.execute(statement.encode(), values).fetchall()


def shipment_answer(shipment_id: str, status: str, **more: Any) -> dict[str, Any]:
    """An answer of getShipment."""
    return {
        "shipmentId": shipment_id,
        "status": status,
        "name": f"Spring {shipment_id}",
        "shipmentConfirmationId": f"FBA{shipment_id}",
        "placementOptionId": "pl-1",
        "destination": {"destinationType": "AMAZON_OPTIMIZED", "warehouseId": "ABE2"},
        **more,
    }


def item(shipment_id: str, sku: str, shipped: int, received: int) -> dict[str, Any]:
    """A row of version 0's items."""
    return {
        "ShipmentId": f"FBA{shipment_id}",
        "SellerSKU": sku,
        "FulfillmentNetworkSKU": f"X00{sku}",
        "QuantityShipped": shipped,
        "QuantityReceived": received,
    }


@dataclass
class Amazon:
    """Answers by operation, or by operation and a part of the path; ``calls``: what was called.

    A function gets the call's query.
    """

    answers: dict[str | tuple[str, str], Answer] = field(default_factory=dict)
    calls: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    async def get(
        self, operation: str, path: str, query: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        self.calls.append((operation, path, query or {}))
        found = next(
            (
                answer
                for key, answer in self.answers.items()
                if isinstance(key, tuple) and key[0] == operation and key[1] in path
            ),
            self.answers.get(operation),
        )
        if found is None:
            raise RequestRefused(f"{operation}: NotFound.", where=path, status=404)
        if isinstance(found, Exception):
            raise found
        return found(query or {}) if callable(found) else found

    def shows(
        self, plan: str, statuses: Mapping[str, str], *items: Mapping[str, Any], plan_status: str = "ACTIVE"
    ) -> None:
        """From now on: a plan with these shipments, in both APIs, and these items in version 0."""
        self.answers["getInboundPlan", f"/{plan}"] = {
            "status": plan_status,
            "shipments": [{"shipmentId": each, "status": status} for each, status in statuses.items()],
        }
        for each, status in statuses.items():
            self.answers["getShipment", f"/{each}"] = shipment_answer(each, status)
            own = [row for row in items if row["ShipmentId"] == f"FBA{each}"]
            self.answers["getShipmentItemsByShipmentId", f"/FBA{each}/"] = {"payload": {"ItemData": own}}
        self.answers["getShipments"] = {
            "payload": {
                "ShipmentData": [
                    {"ShipmentId": f"FBA{each}", "ShipmentStatus": status}
                    for each, status in statuses.items()
                ]
            }
        }
        self.answers["getShipmentItems"] = {"payload": {"ItemData": list(items)}}

    def called(self, operation: str) -> int:
        return sum(1 for each in self.calls if each[0] == operation)


def services_of(ledger: Ledger, amazon: Any, account: str = "northwind_na") -> Any:
    """What following uses of ``Services``."""

    async def blocking(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)

    async def now() -> datetime:
        return ledger.clock().now()

    return SimpleNamespace(
        account=SimpleNamespace(id=account), ledger=ledger, reads=amazon, blocking=blocking, now=now
    )
