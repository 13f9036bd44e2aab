"""The form of a content update: new quantities for a confirmed shipment, and the question put to people."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import FormError
from sellerops.inbound.amount_text import money
from sellerops.inbound.models import Money

if TYPE_CHECKING:
    from sellerops.inbound.store import InboundRun, InboundStore, ShipmentRow

_REMEDY = "Write one line per SKU, such as `NW-1,40`, and trigger the run again."


def find_shipment(store: InboundStore, inbound_run_id: int, name: str) -> ShipmentRow:
    """A confirmed shipment by its confirmation id or its id in the plan. Raises FormError."""
    shipments = store.shipments(inbound_run_id, chosen=True)
    wanted = name.strip().casefold()
    for each in shipments:
        if wanted in ((each.confirmation_id or "").casefold(), each.shipment_id.casefold()) and wanted:
            return each
    known = ", ".join(each.confirmation_id or each.shipment_id for each in shipments)
    raise FormError(
        f"inbound run {inbound_run_id} has no confirmed shipment {name!r}.",
        where="Trigger form, Shipment",
        remedy=f"Use one of {known}." if known else "Wait until its carriers are confirmed.",
    )


def parse_quantities(value: Any) -> dict[str, int]:
    """SKU -> units, from CSV lines ``sku,quantity`` (a heading line is ignored) or a list of objects.

    Raises FormError naming the line.
    """
    rows = value if isinstance(value, list) else list(csv.reader(str(value or "").splitlines()))
    found: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        sku, units = _cells(row)
        if (not sku and not units) or (number == 1 and sku.casefold() == "sku"):
            continue
        if not sku or not units.isascii() or not units.isdecimal():
            raise _error(f"line {number}: {','.join((sku, units))!r} is not a SKU and a number of units.")
        if sku in found:
            raise _error(f"line {number}: {sku} is given twice.")
        found[sku] = int(units)
    if not found:
        raise _error("no quantities are given.")
    return found


def describe_update(run: InboundRun, preview: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Subject and Markdown lines of the question; ``preview``: a ContentUpdate as plain values."""
    cost = preview["cost"]
    shown = money(Money(Decimal(cost["amount"]), cost["currency"]) if cost else None)
    by = f" with {preview['carrier']}" if preview["carrier"] else ""
    changed = {sku: units for sku, units in preview["units"].items() if units[0] != units[1]}
    rows = [f"| {sku} | {before:,} | {after:,} |" for sku, (before, after) in changed.items()]
    return f"Change the contents of {run.name}", [
        f"The transport{by} then costs **{shown}**. The preview is valid until "
        f"{preview['expires_at'][:16].replace('T', ' ')} UTC.",
        "",
        "| SKU | units now | units then |",
        "|---|---|---|",
        *rows,
    ]


def _cells(row: Any) -> tuple[str, str]:
    if isinstance(row, Mapping):
        return str(row.get("sku") or "").strip(), str(row.get("quantity") or "").strip()
    cells = [str(cell).strip() for cell in row] if isinstance(row, list) else [str(row)]
    sku, units, *_ = [*cells, "", ""]
    return sku, units


def _error(cause: str) -> FormError:
    return FormError(cause, where="Trigger form, Quantities", remedy=_REMEDY)
