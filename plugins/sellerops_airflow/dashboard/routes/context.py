"""What the frame around all pages shows: the user, the accounts, and which figures exist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from fastapi import APIRouter
from pydantic import BaseModel

from sellerops.base.timed_cache import TimedCache
from sellerops.read_models.context.coverage import Coverage, read_coverage
from sellerops.read_models.context.marts import BuiltMart, read_built_marts
from sellerops.read_models.context.newest_load import read_newest_load
from sellerops.read_models.context.reporting import read_reporting_currencies
from sellerops.read_models.queries import Connection
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import Marketplace
from sellerops_airflow.dashboard.access import COSTS_HIDDEN, GetUserDep, SeesCosts, is_owner
from sellerops_airflow.dashboard.reading import HubRoute, now, read
from sellerops_airflow.runtime import get_runtime

router = APIRouter(tags=["context"], route_class=HubRoute)
_KEEP_SECONDS = 15.0


class ContextUser(BaseModel):
    """The logged-in user. ``costs_hidden``: why costs are hidden; empty: they are shown."""

    name: str
    is_owner: bool
    sees_costs: bool
    costs_hidden: str


class ContextMarketplace(BaseModel):
    """A marketplace. ``today``: in its time zone, by the ledger's clock. ``first_day``, ``last_day``: the
    first and last day with figures; None: there are none yet.
    """

    id: str
    code: str
    name: str
    currency: str
    time_zone: str
    today: date
    first_day: date | None
    last_day: date | None


class ContextAccount(BaseModel):
    """An account of config/accounts.yaml. ``reporting_currency``: None until the marts have read it."""

    id: str
    region: str
    sources: list[str]
    reporting_currency: str | None
    marketplaces: list[ContextMarketplace]


class Context(BaseModel):
    """``today``, ``yesterday``: UTC, by the ledger's clock. ``last_day``: the newest day with figures.
    ``as_of``: the time of the newest load; None before the first.
    """

    user: ContextUser
    now: datetime
    today: date
    yesterday: date
    last_day: date | None
    as_of: datetime | None
    accounts: list[ContextAccount]
    reporting_currencies: list[str]
    marts: list[BuiltMart]


class _Stored(BaseModel):
    as_of: datetime | None
    marts: list[BuiltMart]
    coverage: list[Coverage]
    currencies: dict[str, str]


_stored = TimedCache(_KEEP_SECONDS)


@router.get("/context")
def context(user: GetUserDep, sees_costs: SeesCosts) -> Context:
    """The user, the accounts and which figures exist; the latter at most 15 seconds old."""
    runtime = get_runtime()
    stored: _Stored = _stored.get(runtime.reader_conninfo, lambda: read(_read_stored))
    moment = now()
    days = {(each.account_id, each.marketplace_id): each for each in stored.coverage}
    return Context(
        user=ContextUser(
            name=user.get_name(),
            is_owner=is_owner(user),
            sees_costs=sees_costs,
            costs_hidden="" if sees_costs else COSTS_HIDDEN,
        ),
        now=moment,
        today=moment.date(),
        yesterday=moment.date() - timedelta(days=1),
        last_day=max((each.last_day for each in stored.coverage), default=None),
        as_of=stored.as_of,
        accounts=[_account(each, moment, days, stored.currencies) for each in runtime.accounts().values()],
        reporting_currencies=sorted(set(stored.currencies.values())),
        marts=stored.marts,
    )


def _read_stored(connection: Connection) -> _Stored:
    marts = read_built_marts(connection)
    has_figures = any(each.name == "profit_day" for each in marts)
    return _Stored(
        as_of=read_newest_load(connection),
        marts=marts,
        coverage=read_coverage(connection) if has_figures else [],
        currencies=read_reporting_currencies(connection),
    )


def _account(
    account: Account,
    moment: datetime,
    days: Mapping[tuple[str, str], Coverage],
    currencies: Mapping[str, str],
) -> ContextAccount:
    return ContextAccount(
        id=account.id,
        region=account.region,
        sources=list(account.sources),
        reporting_currency=currencies.get(account.id),
        marketplaces=[
            _marketplace(each, moment, days.get((account.id, each.id))) for each in account.marketplaces
        ],
    )


def _marketplace(marketplace: Marketplace, moment: datetime, days: Coverage | None) -> ContextMarketplace:
    return ContextMarketplace(
        id=marketplace.id,
        code=marketplace.code,
        name=marketplace.name,
        currency=marketplace.currency,
        time_zone=marketplace.timezone,
        today=moment.astimezone(marketplace.zone).date(),
        first_day=days.first_day if days else None,
        last_day=days.last_day if days else None,
    )
