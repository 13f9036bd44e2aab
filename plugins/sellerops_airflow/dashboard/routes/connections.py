"""The Connections page: whether each connection works, when data last came, and when its secret expires."""

from __future__ import annotations

from datetime import date, timedelta

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from sellerops.base.timed_cache import TimedCache
from sellerops.preflight.connections import RequiredConnection, required_connections
from sellerops.read_models.connections.syncs import Sync, read_syncs
from sellerops.read_models.connections.tests import ConnectionTest, read_connection_tests
from sellerops.read_models.connections.tokens import TokenUse, read_token_uses
from sellerops.read_models.queries import Connection
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import GetUserDep
from sellerops_airflow.dashboard.hub_settings import HubSettings, read_settings, write_settings
from sellerops_airflow.dashboard.reading import HubRoute, read, today
from sellerops_airflow.dashboard.runs import StartedRun, start_run
from sellerops_airflow.runtime import get_runtime

router = APIRouter(prefix="/connections", tags=["connections"], route_class=HubRoute)
TEST_DAG = "sellerops__connections"
# The client secret of a Selling Partner API application expires 180 days after it was created
# (developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials). Those of Amazon Ads do not
# expire.
_SECRET_LASTS = timedelta(days=180)
_SECRET_SOURCE = "amazon_sp"
# Cached, because finding them reads all files of the configuration.
_required = TimedCache(60.0)


class Secret(BaseModel):
    """The client secret of an application. Amazon does not report its age, so an owner records the day on
    which it was renewed. ``days_left``: negative once it has expired; None: the day is not recorded.
    """

    renewed_on: date | None
    ends_on: date | None
    days_left: int | None


class HubConnection(BaseModel):
    """An Airflow connection that the configuration uses. ``account_id``, ``source``: set for the connection
    of an account. ``if_missing``: what happens without it; empty: it is required.
    """

    connection: str
    kind: str
    used_by: str
    if_missing: str
    account_id: str | None
    source: str | None
    test: ConnectionTest | None
    token: TokenUse | None
    sync: Sync | None
    secret: Secret | None


class TestRequest(BaseModel):
    """Connections to test; all by default."""

    connections: list[str] = []


class SecretRenewed(BaseModel):
    """``renewed_on`` None: forget the day."""

    connection: str
    renewed_on: date | None


@router.get("")
def connections() -> list[HubConnection]:
    """All connections that the configuration uses, those of accounts first."""
    day = today()
    return read(lambda connection: _read(connection, day))


@router.post("/test")
def test_connections(body: TestRequest, request: Request, user: GetUserDep) -> StartedRun:
    """Start a DAG run that tests connections; this process never calls Amazon."""
    _check_known(body.connections)
    conf = {"connections": body.connections}
    return start_run(request, user, TEST_DAG, conf, action="connection.test")


@router.put("/secret")
def note_secret(body: SecretRenewed, user: GetUserDep) -> Secret:
    """Record the day on which a connection's client secret was renewed."""
    _check_known([body.connection])
    day = today()
    if body.renewed_on and body.renewed_on > day:
        raise HTTPException(422, f"renewed_on is after today ({day}).")

    def work(connection: Connection) -> tuple[Secret, audit.Change]:
        settings = read_settings(connection)
        days = {key: value for key, value in settings.secrets_rotated_on.items() if key != body.connection}
        if body.renewed_on:
            days[body.connection] = body.renewed_on
        write_settings(connection, settings.model_copy(update={"secrets_rotated_on": days}), user.get_name())
        before = settings.secrets_rotated_on.get(body.connection)
        change = audit.Change(
            "connection.secret",
            body.connection,
            before and before.isoformat(),
            body.renewed_on and body.renewed_on.isoformat(),
        )
        return _secret(body.renewed_on, day), change

    return audit.write(user.get_name(), work)


def _wanted() -> list[RequiredConnection]:
    return _required.get("all", required_connections)


def _check_known(names: list[str]) -> None:
    known = {each.conn_id for each in _wanted()}
    if unknown := sorted(set(names) - known):
        raise HTTPException(422, f"The configuration does not use connection {unknown[0]!r}.")


def _read(connection: Connection, day: date) -> list[HubConnection]:
    tests = read_connection_tests(connection)
    tokens = read_token_uses(connection)
    syncs = read_syncs(connection)
    settings = read_settings(connection)
    owners = {
        account.connection_of(source): (account.id, source)
        for account in get_runtime().accounts().values()
        for source in account.api_sources
    }
    found = [_connection(each, owners, tests, tokens, syncs, settings, day) for each in _wanted()]
    return sorted(found, key=lambda each: (each.account_id is None, each.account_id or ""))


def _connection(
    required: RequiredConnection,
    owners: dict[str, tuple[str, str]],
    tests: dict[str, ConnectionTest],
    tokens: dict[tuple[str, str], TokenUse],
    syncs: dict[tuple[str, str], Sync],
    settings: HubSettings,
    day: date,
) -> HubConnection:
    owner = owners.get(required.conn_id)
    has_secret = owner is not None and owner[1] == _SECRET_SOURCE
    return HubConnection(
        connection=required.conn_id,
        kind=required.kind,
        used_by=required.used_by,
        if_missing=required.if_missing,
        account_id=owner[0] if owner else None,
        source=owner[1] if owner else None,
        test=tests.get(required.conn_id),
        token=tokens.get(owner) if owner else None,
        sync=syncs.get(owner) if owner else None,
        secret=_secret(settings.secrets_rotated_on.get(required.conn_id), day) if has_secret else None,
    )


def _secret(renewed_on: date | None, day: date) -> Secret:
    if renewed_on is None:
        return Secret(renewed_on=None, ends_on=None, days_left=None)
    ends_on = renewed_on + _SECRET_LASTS
    return Secret(renewed_on=renewed_on, ends_on=ends_on, days_left=(ends_on - day).days)
