"""Economics data that is silently wrong, as sellers reported it in Amazon's issue tracker
(amzn/selling-partner-api-models 4417, 4756, 4928, 5135, 5290, 5338).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from amazon_sandbox.core.faults import FaultKind, Stage
from amazon_sandbox.data_kiosk.economics_charges import BASE, FULFILMENT

Json = dict[str, Any]

LATE_DAYS = 2
NO_SALES, ALL_ZERO, BASE_IS_FUEL = "economics_without_sales", "economics_all_zero", "economics_base_is_fuel"
NO_INBOUND, LATE = "economics_without_inbound", "economics_late"
_INBOUND = ("FbaInbound", "Awd")

MENU = tuple(
    FaultKind(name, Stage.REPORT, text, operations=("createQuery",))
    for name, text in (
        (NO_SALES, "economics: sales are zero, fees are not"),
        (ALL_ZERO, "economics: sales, fees and ads are zero"),
        (BASE_IS_FUEL, "economics: the base fulfilment fee is minus the surcharges, its total zero"),
        (NO_INBOUND, "economics: fees of inbound shipments and of AWD are missing"),
        (LATE, f"economics: the last {LATE_DAYS} days are missing"),
    )
)
NAMES = frozenset(kind.name for kind in MENU)


def spoiled(row: Json, faults: Collection[str]) -> Json:
    """The row with the errors that the faults describe."""
    if NO_SALES in faults or ALL_ZERO in faults:
        row = {**row, "sales": _zeroed(row["sales"])}
    if ALL_ZERO in faults:
        row = {**row, "fees": _zeroed(row["fees"]), "ads": _zeroed(row["ads"])}
        row["netProceeds"] = _zeroed(row["netProceeds"])
    if NO_INBOUND in faults:
        row = {**row, "fees": [fee for fee in row["fees"] if not fee["feeTypeName"].startswith(_INBOUND)]}
    if BASE_IS_FUEL in faults:
        row = {**row, "fees": [_without_base(fee) for fee in row["fees"]]}
    return row


def _zeroed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _zeroed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_zeroed(inner) for inner in value]
    return type(value)(0) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _without_base(fee: Json) -> Json:
    if fee["feeTypeName"] != FULFILMENT:
        return fee
    charge = fee["charge"]
    parts = charge["components"] or []
    surcharges = sum(part["aggregatedDetail"]["amount"]["amount"] for part in parts if part["name"] != BASE)
    changed = [
        {**part, "aggregatedDetail": _costing(part["aggregatedDetail"], -surcharges)}
        if part["name"] == BASE
        else part
        for part in parts
    ]
    spoilt = {
        **charge,
        "aggregatedDetail": _costing(charge["aggregatedDetail"], 0.0),
        "components": changed if charge["components"] is not None else None,
    }
    return {**fee, "charge": spoilt, "charges": [spoilt]}


def _costing(detail: Json, amount: float) -> Json:
    """The detail with another amount and total; its quantity stays."""
    currency = detail["amount"]["currencyCode"]
    whole = {"amount": round(amount, 2), "currencyCode": currency}
    return {**detail, "amount": whole, "totalAmount": whole, "amountPerUnit": None}
