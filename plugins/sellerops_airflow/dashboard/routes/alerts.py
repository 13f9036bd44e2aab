"""The Alerts page: open alerts, what to do about them, and alerts that ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field

from sellerops.alerts import store
from sellerops.alerts.specs import AlertSpec, load_alerts
from sellerops.base.errors import ConfigurationError
from sellerops.read_models.alerts.alerts import AlertRow, AlertState, read_ended_alerts, read_open_alerts
from sellerops.read_models.alerts.evaluations import read_evaluations
from sellerops.read_models.costs import COST
from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import COSTS_HIDDEN, GetUserDep, SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, now, read
from sellerops_airflow.dashboard.runs import StartedRun, start_run
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.small_tables import table_of
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=HubRoute)
ALERTS_DAG = "marts__alerts"
_LONGEST_SNOOZE = timedelta(days=366)


class ShownAlert(AlertRow):
    """``title``, ``remedy``: of its kind. The money and the figures behind it reveal what a SKU earns."""

    title: str
    remedy: str
    money_per_day: Annotated[Decimal | None, COST]
    rank_money: Annotated[Decimal | None, COST]
    evidence: Annotated[dict[str, Any] | None, COST]  # type: ignore[assignment]


class MoneyPerDay(BaseModel):
    """Money at stake per day in one reporting currency; ``unknown``: alerts without an amount."""

    currency: str
    money: Annotated[Decimal | None, COST]
    alerts: int


class AlertTiles(BaseModel):
    """How many alerts are in each state. ``urgent`` and ``money``: of those that are neither snoozed nor
    acknowledged; ``unknown``: how many of these have no amount.
    """

    open: int
    acknowledged: int
    snoozed: int
    urgent: int
    unknown: int
    money: list[MoneyPerDay]
    evaluated_at: datetime | None
    failing: int


class Decision(BaseModel):
    """Which alerts, and why."""

    ids: list[int] = Field(min_length=1, max_length=500)
    note: str = Field(default="", max_length=500)


class Snooze(Decision):
    """``until``: the last day (UTC) on which nothing is sent."""

    until: date


class Decided(BaseModel):
    """The ids of the alerts that the decision applies to."""

    ids: list[int]


@router.get("")
def alerts(
    scope: InScope,
    paging: InPaging,
    sees_costs: SeesCosts,
    state: Annotated[AlertState | None, Query(description="Only alerts in this state.")] = None,
    name: Annotated[str | None, Query(description="Only this kind of alert.")] = None,
    severity: Annotated[str | None, Query(description="urgent or warning.")] = None,
) -> Table[ShownAlert]:
    """Alerts that are open, or that ended in the scope's days: urgent first, then by money per day."""
    reader = read_ended_alerts if state is AlertState.ENDED else read_open_alerts
    rows = [
        each
        for each in read(lambda connection: reader(connection, scope, sees_costs=sees_costs))
        if state in (None, each.state) and name in (None, each.name) and severity in (None, each.severity)
    ]
    specs = _specs()
    return table_of([_shown(each, specs.get(each.name), sees_costs) for each in rows], paging, ShownAlert)


@router.get("/tiles")
def tiles(scope: InScope, sees_costs: SeesCosts) -> AlertTiles:
    """The counts at the top of the page."""
    found, evaluations = read(
        lambda c: (read_open_alerts(c, scope, sees_costs=sees_costs), read_evaluations(c, scope))
    )
    pending = [each for each in found if each.state is AlertState.OPEN]
    by_currency: dict[str, list[Decimal]] = {}
    for each in pending:
        if each.rank_money is not None:
            by_currency.setdefault(each.rank_currency or "", []).append(each.rank_money)
    states = [each.state for each in found]
    return AlertTiles(
        open=len(pending),
        acknowledged=states.count(AlertState.ACKNOWLEDGED),
        snoozed=states.count(AlertState.SNOOZED),
        urgent=sum(each.severity == "urgent" for each in pending),
        unknown=sum(each.rank_money is None for each in pending),
        money=[
            MoneyPerDay(currency=currency, money=sum(amounts, Decimal()), alerts=len(amounts))
            for currency, amounts in sorted(by_currency.items())
        ],
        evaluated_at=max((each.evaluated_at for each in evaluations), default=None),
        failing=sum(each.found is None for each in evaluations),
    )


@router.post("/acknowledge")
def acknowledge(user: GetUserDep, decision: Decision) -> Decided:
    """Note that somebody is taking care of these alerts; nothing more is sent about them until they end."""
    name = user.get_name()
    return _decide(
        name, "alert.acknowledge", decision.ids,
        lambda connection: store.acknowledge(connection, decision.ids, name, decision.note),
    )  # fmt: skip


@router.post("/snooze")
def snooze(user: GetUserDep, wanted: Snooze) -> Decided:
    """Send nothing about these alerts until the day is over, even if they end and open again."""
    until, name = datetime.combine(wanted.until + timedelta(days=1), time(), UTC), user.get_name()
    if not now() < until <= now() + _LONGEST_SNOOZE:
        raise HTTPException(422, "Choose a day from today on, at most a year ahead.")
    return _decide(
        name, "alert.snooze", wanted.ids,
        lambda connection: store.snooze(connection, wanted.ids, until, name, wanted.note),
    )  # fmt: skip


@router.post("/wake")
def wake(user: GetUserDep, decision: Decision) -> Decided:
    """End the snooze of these alerts now."""
    name = user.get_name()
    return _decide(
        name, "alert.wake", decision.ids,
        lambda connection: store.snooze(connection, decision.ids, now(), name, decision.note),
    )  # fmt: skip


@router.post("/run")
def run(request: Request, user: GetUserDep) -> StartedRun:
    """Evaluate all alerts now; people are notified as by a scheduled run."""
    return start_run(request, user, ALERTS_DAG, action="alert.run")


def _decide(
    user_name: str, action: str, ids: list[int], change: Callable[[Connection], list[store.Alert]]
) -> Decided:
    def work(connection: Connection) -> tuple[Decided, audit.Change]:
        before = change(connection)
        accounts = {each.account_id for each in before}
        return Decided(ids=ids), audit.Change(
            action,
            ", ".join(f"{each.name} {each.subject}".strip() for each in before[:5])
            + (", ..." if len(before) > 5 else ""),
            before=[_decided(vars(each)) for each in before],
            after=_read_decided(connection, ids),
            account_id=accounts.pop() if len(accounts) == 1 else "",
        )

    try:
        return audit.write(user_name, work)
    except ConfigurationError as error:
        raise HTTPException(409, f"{error.cause} Reload the page.") from error


def _read_decided(connection: Connection, ids: list[int]) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT * FROM sellerops.alert WHERE id = ANY(%s) "
            "ORDER BY severity = 'urgent' DESC, rank_money DESC NULLS LAST, id",
            (ids,),
        ).fetchall()
    return [_decided(row) for row in rows]


def _decided(row: dict[str, Any]) -> dict[str, Any]:
    """What a decision changes, as JSON."""
    names = ("acknowledged_at", "acknowledged_by", "snoozed_until", "snoozed_by", "note")
    shown = {name: row[name].isoformat() if isinstance(row[name], datetime) else row[name] for name in names}
    return {"id": row["id"], **shown}


def _shown(alert: AlertRow, spec: AlertSpec | None, sees_costs: bool) -> ShownAlert:
    # Without a spec, it is unknown whether the alert's text reveals costs.
    hides = not sees_costs and (spec is None or spec.tells_costs)
    return ShownAlert(
        **{**alert.__dict__, "summary": COSTS_HIDDEN if hides else alert.summary},
        title=spec.title if spec else alert.name,
        remedy=spec.remedy if spec else "This alert is no longer configured.",
    )


def _specs() -> dict[str, AlertSpec]:
    return {each.name: each for each in load_alerts()}
