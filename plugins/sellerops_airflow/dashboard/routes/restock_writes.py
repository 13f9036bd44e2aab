"""Writes of the Restock page: quantities that people set, and inbound runs from proposals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field, StringConstraints

from sellerops.read_models.queries import Connection
from sellerops.settings.marketplaces import all_marketplaces
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.reading import HubRoute, now, today
from sellerops_airflow.dashboard.routes.restock import AccountId, MarketplaceId, Sku
from sellerops_airflow.dashboard.runs import StartedRun, start_run

router = APIRouter(prefix="/restock", tags=["restock"], route_class=HubRoute)
INBOUND_DAG = "fba_inbound"
_LONGEST_DAYS = 366
_READY_IN_DAYS = 3
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Place(BaseModel):
    """The SKU of a proposal. ``marketplace_id``: Amazon's id; for a stock pool, that of its proposals."""

    account_id: Text
    marketplace_id: Text
    sku: Text


class NewOverride(Place):
    """A quantity to order instead of the proposed one, until and including a day. 0: order nothing."""

    quantity: int = Field(ge=0, le=10_000_000)
    last_day: date
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class OverrideAnswer(BaseModel):
    """The override before and after the change; None: no quantity was set."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None


class InboundItem(BaseModel):
    """Units of a SKU to send."""

    sku: Text
    quantity: int = Field(ge=1, le=500_000)


class InboundRequestBody(BaseModel):
    """A request for the DAG ``fba_inbound``. ``ready``: a day, or day and time in the address's time zone.

    ``request_id``: chosen by the client, and the same when the request is sent again, because it becomes part
    of the run's id.
    """

    request_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{16,64}$")]
    account_id: Text
    marketplace_id: Text
    source_address: Text
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
    ready: Text
    items: Annotated[list[InboundItem], Field(min_length=1, max_length=500)]
    contact: str | None = None
    dry_run: bool = False


class InboundForm(BaseModel):
    """What to offer in the form: names of addresses and contacts of config/inbound.yaml.

    ``ready``: a day to start from. ``approvers``: who will be asked; empty: nobody may approve yet.
    """

    marketplace: str
    addresses: list[str]
    contacts: list[str]
    contact_needed: bool
    ready: date
    latest_ready: date
    approvers: list[str]


@router.post("/overrides")
def set_override(body: NewOverride, user: GetUserDep) -> OverrideAnswer:
    """Set the quantity of a SKU. It appears once the queued rebuild of the marts of group ``demand`` ends."""
    day = today()
    if not day <= body.last_day <= day + timedelta(days=_LONGEST_DAYS):
        raise HTTPException(422, f"The last day must be {day} or later, and within a year.")
    return audit.write(user.get_name(), lambda connection: _set(connection, body, user.get_name(), day))


@router.delete("/overrides")
def end_override(
    account_id: AccountId, marketplace_id: MarketplaceId, sku: Sku, user: GetUserDep
) -> OverrideAnswer:
    """End the quantity that was set for a SKU. 404 if there is none."""
    place = Place(account_id=account_id, marketplace_id=marketplace_id, sku=sku)
    return audit.write(user.get_name(), lambda connection: _end(connection, place, user.get_name()))


@router.get("/inbound-form")
def inbound_form(account_id: AccountId, marketplace_id: MarketplaceId) -> InboundForm:
    """What the form for an inbound run of the account offers."""
    from sellerops.inbound.settings import INBOUND

    settings, day = INBOUND.load(), today()
    code = _code(marketplace_id)
    return InboundForm(
        marketplace=code,
        addresses=list(settings.addresses_of(account_id)),
        contacts=list(settings.contacts_of(account_id)),
        contact_needed=code in settings.contact_needed_in,
        ready=day + timedelta(days=_READY_IN_DAYS),
        latest_ready=day + timedelta(days=settings.ready_within_days),
        approvers=list(settings.approval.approvers.get(account_id, ())),
    )


@router.post("/inbound-runs")
def start_inbound(body: InboundRequestBody, request: Request, user: GetUserDep) -> StartedRun:
    """Start DAG ``fba_inbound`` with the items. 422 lists every problem that the DAG would report
    immediately; 409: the run of this ``request_id`` has already been started.

    Nothing is confirmed or charged before an approver decides, as for every run.
    """
    conf = _conf(body)
    _check(conf)
    return start_run(
        request,
        user,
        INBOUND_DAG,
        conf,
        run_id=f"hub__{body.request_id}",
        action="restock.inbound",
        account_id=body.account_id,
    )


def _set(
    connection: Connection, body: NewOverride, author: str, day: date
) -> tuple[OverrideAnswer, audit.Change]:
    from sellerops.demand import overrides
    from sellerops.demand.proposals import newest_proposal
    from sellerops.settings.specs.destination_rules import MART_DESTINATIONS

    if newest_proposal(connection, body.account_id, body.marketplace_id, body.sku) is None:
        raise HTTPException(404, f"SKU {body.sku} has no recommendation.")
    before = _stored(connection, body)
    overrides.set_override(
        connection,
        **body.model_dump(),
        first_day=day,
        author=author,
        destinations=tuple(MART_DESTINATIONS.load()),
    )
    return _answer("restock.override", body, before, _stored(connection, body))


def _end(connection: Connection, place: Place, author: str) -> tuple[OverrideAnswer, audit.Change]:
    from sellerops.demand import overrides
    from sellerops.settings.specs.destination_rules import MART_DESTINATIONS

    before = _stored(connection, place)
    if before is None:
        raise HTTPException(404, f"No quantity is set for SKU {place.sku}.")
    overrides.end_override(
        connection,
        **place.model_dump(),
        author=author,
        destinations=tuple(MART_DESTINATIONS.load()),
    )
    return _answer("restock.end_override", place, before, None)


def _answer(
    action: str, place: Place, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[OverrideAnswer, audit.Change]:
    subject = f"{_code(place.marketplace_id)} {place.sku}"
    return OverrideAnswer(before=before, after=after), audit.Change(
        action, subject, before, after, place.account_id
    )


def _stored(connection: Connection, place: Place) -> dict[str, Any] | None:
    """The quantity that is set for a SKU, as JSON."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            SELECT quantity, first_day::text, last_day::text, reason, author FROM sellerops.restock_override
            WHERE account_id = %(account_id)s AND marketplace_id = %(marketplace_id)s AND sku = %(sku)s
              AND ended_at IS NULL
            ORDER BY id DESC LIMIT 1
            """,
            place.model_dump(),
        ).fetchone()
    return dict(row) if row else None


def _code(marketplace_id: str) -> str:
    return next((code for code, each in all_marketplaces().items() if each.id == marketplace_id), "")


def _conf(body: InboundRequestBody) -> dict[str, Any]:
    """The request with the keys of the DAG's form."""
    from sellerops.inbound.requests import form_fields as form

    conf: dict[str, Any] = {
        form.ACCOUNT: body.account_id,
        form.MARKETPLACE: _code(body.marketplace_id) or body.marketplace_id,
        form.SOURCE_ADDRESS: body.source_address,
        form.NAME: body.name,
        form.READY: body.ready,
        form.ITEMS: [each.model_dump() for each in body.items],
        form.DRY_RUN: body.dry_run,
    }
    return {**conf, form.CONTACT: body.contact} if body.contact else conf


def _check(conf: dict[str, Any]) -> None:
    """Raise InvalidRequest with all problems of the request's fields; those of SKUs are left to the DAG."""
    from sellerops.inbound.problems import raise_problems
    from sellerops.inbound.requests.form import parse_form
    from sellerops.inbound.requests.form_checks import check_form
    from sellerops.inbound.requests.request_facts import Facts
    from sellerops.inbound.settings import INBOUND
    from sellerops.settings.accounts import load_accounts

    request = parse_form(conf)
    facts = Facts(INBOUND.load(), load_accounts(), all_marketplaces(), now=now())
    raise_problems(list(check_form(request, facts)))
