"""The Shipments page: what a person can do only until a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from fastapi import APIRouter
from pydantic import BaseModel

from sellerops.read_models.inbound_deadlines import Deadline, DeadlineKind, NoticePeriods, due_deadlines
from sellerops.read_models.scope import Scope
from sellerops.settings.marketplaces import all_marketplaces
from sellerops_airflow.dashboard.airflow_links import run_path
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.small_tables import table_of
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/shipments", tags=["shipments"], route_class=HubRoute)
# Every deadline that is known, however far away.
_ALL = NoticePeriods(void=timedelta(days=3650), least=timedelta(days=3650))


class ShownDeadline(BaseModel):
    """Something that a person can do only until ``at`` (UTC). ``kind``: ``void`` (free cancellation of a
    partnered carrier), ``delivery_window``, ``approval``, ``tracking`` or ``unknown_numbers``.
    """

    kind: DeadlineKind
    inbound_run_id: int
    name: str
    account_id: str
    marketplace: str
    at: datetime
    has_passed: bool
    shipments: list[str]
    amount: Decimal | None
    currency: str | None
    run_path: str | None


@router.get("/deadlines")
def deadlines(scope: InScope, paging: InPaging) -> Table[ShownDeadline]:
    """What a person can do only until a deadline, soonest first."""
    return table_of(read_deadlines(scope), paging, ShownDeadline)


def read_deadlines(scope: Scope) -> list[ShownDeadline]:
    """The deadlines of a scope's inbound runs, soonest first."""
    found = read(lambda connection: due_deadlines(connection, _ALL))
    shown = [
        _deadline(each)
        for each in found
        if (not scope.accounts or each.run.account_id in scope.accounts)
        and (not scope.marketplaces or each.run.marketplace_id in scope.marketplaces)
    ]
    return sorted(shown, key=lambda each: each.at)


def _deadline(each: Deadline) -> ShownDeadline:
    codes = {one.id: one.code for one in all_marketplaces().values()}
    return ShownDeadline(
        kind=each.kind,
        inbound_run_id=each.run.inbound_run_id,
        name=each.run.name,
        account_id=each.run.account_id,
        marketplace=codes.get(each.run.marketplace_id, each.run.marketplace_id),
        at=each.at,
        has_passed=each.left < timedelta(0),
        shipments=list(each.shipments),
        amount=each.amount,
        currency=each.currency,
        run_path=run_path(*each.run.request_run),
    )
