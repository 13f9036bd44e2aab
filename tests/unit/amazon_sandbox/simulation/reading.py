"""Reads what the simulation writes, without any of its code."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from amazon_sandbox.simulation import Document, Seller, Simulation

SALES = "GET_SALES_AND_TRAFFIC_REPORT"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"

US, CA, MX = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2", "A1AM78C64UM0Y8"
GB, DE, FR = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
JP, AU, AE = "A1VC38T7YXB528", "A39IBJ37TRP1C6", "A2VIGQ35RCS4UG"

STOREFRONTS = {  # marketplace id -> account of scenario `world`, time zone, sales-channel
    US: ("northwind_na", "America/Los_Angeles", "Amazon.com"),
    CA: ("northwind_na", "America/Los_Angeles", "Amazon.ca"),
    MX: ("northwind_na", "America/Los_Angeles", "Amazon.com.mx"),
    GB: ("northwind_eu", "Europe/London", "Amazon.co.uk"),
    DE: ("northwind_eu", "Europe/Berlin", "Amazon.de"),
    FR: ("northwind_eu", "Europe/Paris", "Amazon.fr"),
    JP: ("northwind_jp", "Asia/Tokyo", "Amazon.co.jp"),
    AU: ("northwind_au", "Australia/Sydney", "Amazon.com.au"),
    AE: ("northwind_ae", "Asia/Dubai", "Amazon.ae"),
}


@dataclass
class Table:
    """A flat file as text: header, rows as dictionaries, and the codec its content type names."""

    header: list[str]
    rows: list[dict[str, str]]
    codec: str
    raw: list[str] = field(default_factory=list)


def read_flat_file(document: Document | None) -> Table:
    assert document is not None
    charset = re.fullmatch(r"text/plain;charset=([\w-]+)", document.content_type)
    assert charset is not None, document.content_type
    codec = {"Cp1252": "cp1252", "windows-31j": "cp932"}[charset[1]]
    text = b"".join(document.chunks).decode(codec)
    assert text.endswith("\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    header = lines[0].split("\t")
    cells = [line.split("\t") for line in lines[1:]]
    assert all(len(row) == len(header) for row in cells)
    return Table(header, [dict(zip(header, row, strict=True)) for row in cells], codec, lines[1:])


def flat_file(
    simulation: Simulation,
    report_type: str,
    seller: Seller,
    ids: Iterable[str],
    start: Any,
    end: Any,
    as_of: datetime,
) -> Table:
    return read_flat_file(simulation.document(report_type, seller, list(ids), start, end, {}, as_of))


def sales_report(
    simulation: Simulation,
    marketplace_id: str,
    start: date,
    end: date,
    as_of: datetime,
    asin: str = "CHILD",
    granularity: str = "DAY",
) -> dict[str, Any]:
    seller = simulation.seller(STOREFRONTS[marketplace_id][0])
    options = {"asinGranularity": asin, "dateGranularity": granularity}
    document = simulation.document(SALES, seller, [marketplace_id], start, end, options, as_of)
    assert document is not None
    assert document.content_type == "application/json"
    report = json.loads(b"".join(document.chunks), parse_float=Decimal)
    assert isinstance(report, dict)
    return report


def day_close(marketplace_id: str, day: date) -> datetime:
    zone = ZoneInfo(STOREFRONTS[marketplace_id][1])
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)


def orders_of_day(
    simulation: Simulation, marketplace_id: str, day: date, as_of: datetime
) -> list[dict[str, str]]:
    """The order lines bought on a local day, found by reading all updates since then."""
    account, zone, channel = STOREFRONTS[marketplace_id]
    start = day_close(marketplace_id, day) - timedelta(days=2)
    table = flat_file(simulation, ORDERS, simulation.seller(account), [marketplace_id], start, as_of, as_of)
    assert {row["sales-channel"] for row in table.rows} <= {channel}
    return [row for row in table.rows if local_day(row["purchase-date"], zone) == day]


def local_day(instant: str, zone: str) -> date:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date()


def sold_by_asin(rows: Iterable[dict[str, str]]) -> dict[str, tuple[int, int, Decimal]]:
    """asin -> (units, order items, sales) of the lines not cancelled."""
    sums: dict[str, list[Any]] = defaultdict(lambda: [0, 0, Decimal(0)])
    for row in rows:
        if row["item-status"] != "Cancelled":
            entry = sums[row["asin"]]
            entry[0] += int(row["quantity"])
            entry[1] += 1
            entry[2] += Decimal(row["item-price"] or 0)
    return {asin: (units, items, sales) for asin, (units, items, sales) in sums.items()}


def reported_by_asin(report: dict[str, Any], key: str = "childAsin") -> dict[str, tuple[int, int, Decimal]]:
    """Like `sold_by_asin`, from the byAsin entries that sold anything."""
    found = {}
    for entry in report["salesAndTrafficByAsin"]:
        sales = entry["salesByAsin"]
        figures = (
            sales["unitsOrdered"],
            sales["totalOrderItems"],
            Decimal(sales["orderedProductSales"]["amount"]),
        )
        if figures[0]:
            found[entry[key]] = figures
    return found


_BALANCE_LINES = (
    "Current Reserve Amount", "Previous Reserve Amount Balance", "Payable to Amazon", "Successful charge",
    "Transfer of funds unsuccessful", "Micro Deposit", "Amazon Capital Services", "Cross-Account Debt",
)  # fmt: skip
_BALANCE_TYPES = ("Transfer", "DebtPayment", "FailedDisbursement")


def is_balance(row: dict[str, str]) -> bool:
    """Whether a settlement's line moves cash and is no profit."""
    return row["amount-description"].startswith(_BALANCE_LINES)


def is_balance_transaction(transaction: dict[str, Any]) -> bool:
    """Whether a transaction moves cash and is no profit; they list a part of what settlements do."""
    leaves = {leaf["breakdownType"] for node in transaction["breakdowns"] for leaf in node["breakdowns"]}
    return transaction["transactionType"] in _BALANCE_TYPES or bool(
        leaves & {"ReserveDebit", "ReserveCredit"}
    )
