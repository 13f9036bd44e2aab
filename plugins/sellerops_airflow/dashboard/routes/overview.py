"""The Overview: what an owner looks at every morning, each point with the rows behind its figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from fastapi import APIRouter
from pydantic import BaseModel

from sellerops.alerts.specs import alerts_without_costs
from sellerops.base.postgres import is_old_ledger
from sellerops.read_models.listings import as_table
from sellerops.read_models.overview.alerts import ADS, ELSEWHERE, Alerts, OpenAlert, read_alerts
from sellerops.read_models.overview.fees import FeeChange, Fees, read_fees
from sellerops.read_models.overview.orders import DueOrder, Orders, read_orders
from sellerops.read_models.overview.owed import Owed, OwedUnits, read_owed
from sellerops.read_models.overview.payouts import NextPayout, Payouts, read_payouts
from sellerops.read_models.overview.returns import CloseReturns, Returns, read_returns
from sellerops.read_models.overview.shipments import OpenShipment, Shipments, read_shipments
from sellerops.read_models.overview.yesterday import MarketplaceDay, Yesterday, read_yesterday
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table
from sellerops_airflow.dashboard.access import SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, now, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging

router = APIRouter(prefix="/overview", tags=["overview"], route_class=HubRoute)
_T = TypeVar("_T")
_TOP = Paging(limit=5)


class Overview(BaseModel):
    """The points in order. A point is None if its tables do not exist yet, because its DAG is off.

    ``day``: the last day of the scope, which ``yesterday`` is about; ``compared_day``: the same weekday
    before, None without a comparison. ``rows`` of each point: its first five.
    """

    day: date
    compared_day: date | None
    today: date
    yesterday: Yesterday | None
    orders: Orders | None
    broken: Alerts | None
    ads: Alerts | None
    payouts: Payouts | None
    fees: Fees | None
    owed: Owed | None
    returns: Returns | None
    shipments: Shipments | None


@router.get("")
def overview(scope: InScope, sees_costs: SeesCosts) -> Overview:
    """All points with their totals. 404 if no mart has been built yet."""
    return read(lambda connection: _overview(connection, scope, now().date(), sees_costs))


@router.get("/yesterday")
def yesterday(scope: InScope, paging: InPaging) -> Table[MarketplaceDay]:
    """The last day of the scope by marketplace."""
    return as_table(read(lambda connection: read_yesterday(connection, scope, paging)))


@router.get("/orders")
def orders(scope: InScope, paging: InPaging, sees_costs: SeesCosts) -> Table[DueOrder]:
    """SKUs to order today."""
    return as_table(read(lambda connection: read_orders(connection, scope, paging, sees_costs=sees_costs)))


@router.get("/broken")
def broken(scope: InScope, paging: InPaging, sees_costs: SeesCosts) -> Table[OpenAlert]:
    """Open alerts that no other point covers."""
    return as_table(read(lambda connection: _broken(connection, scope, paging, sees_costs)))


@router.get("/ads")
def ads(scope: InScope, paging: InPaging, sees_costs: SeesCosts) -> Table[OpenAlert]:
    """Ads without sales, or above break-even."""
    return as_table(read(lambda connection: _ads(connection, scope, paging, sees_costs)))


@router.get("/payouts")
def payouts(scope: InScope, paging: InPaging) -> Table[NextPayout]:
    """The next payout of each account and currency."""
    return as_table(read(lambda connection: read_payouts(connection, scope, paging)))


@router.get("/fees")
def fees(scope: InScope, paging: InPaging) -> Table[FeeChange]:
    """Fees that changed or are coming."""
    day = now().date()
    return as_table(read(lambda connection: read_fees(connection, scope, day, paging)))


@router.get("/owed")
def owed(scope: InScope, paging: InPaging) -> Table[OwedUnits]:
    """Units that Amazon owes a reimbursement for."""
    day = now().date()
    return as_table(read(lambda connection: read_owed(connection, scope, day, paging)))


@router.get("/returns")
def returns(scope: InScope, paging: InPaging) -> Table[CloseReturns]:
    """SKUs whose return rate is close to, or above, the fee's threshold."""
    return as_table(read(lambda connection: read_returns(connection, scope, paging)))


@router.get("/shipments")
def shipments(scope: InScope, paging: InPaging) -> Table[OpenShipment]:
    """Shipments received short, and pending approvals."""
    day = now().date()
    return as_table(read(lambda connection: read_shipments(connection, scope, day, paging)))


def _broken(connection: Connection, scope: Scope, paging: Paging, sees_costs: bool) -> Alerts:
    return read_alerts(
        connection,
        scope,
        paging,
        other_names=ELSEWHERE,
        without_costs=alerts_without_costs(),
        sees_costs=sees_costs,
    )


def _ads(connection: Connection, scope: Scope, paging: Paging, sees_costs: bool) -> Alerts:
    return read_alerts(
        connection,
        scope,
        paging,
        names=ADS,
        without_costs=alerts_without_costs(),
        sees_costs=sees_costs,
    )


def _overview(connection: Connection, scope: Scope, today: date, sees_costs: bool) -> Overview:
    import psycopg

    failures: list[psycopg.Error] = []

    def point(work: Callable[[], _T]) -> _T | None:
        try:
            with connection.transaction():
                return work()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            if is_old_ledger(error):
                raise
            failures.append(error)
            return None

    compared = scope.model_copy(update={"start": scope.end}).compared()
    found = Overview(
        day=scope.end,
        compared_day=compared.end if compared else None,
        today=today,
        yesterday=point(lambda: read_yesterday(connection, scope, _TOP)),
        orders=point(lambda: read_orders(connection, scope, _TOP, sees_costs=sees_costs)),
        broken=point(lambda: _broken(connection, scope, _TOP, sees_costs)),
        ads=point(lambda: _ads(connection, scope, _TOP, sees_costs)),
        payouts=point(lambda: read_payouts(connection, scope, _TOP)),
        fees=point(lambda: read_fees(connection, scope, today, _TOP)),
        owed=point(lambda: read_owed(connection, scope, today, _TOP)),
        returns=point(lambda: read_returns(connection, scope, _TOP)),
        shipments=point(lambda: read_shipments(connection, scope, today, _TOP)),
    )
    if found.yesterday is None and found.orders is None and found.payouts is None:
        raise failures[0]
    return found
