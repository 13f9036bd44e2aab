"""The seller hub over HTTP, on a database that a test module fills by hand.

    @pytest.fixture(scope="module")
    def hub(hub_server: HubServer) -> Iterator[Hub]:
        with hub_server.database() as hub:
            hub.add("profit_day", {"day": date(2026, 11, 20), "currency": "USD", "units": 3})
            yield hub

    def test_page(hub: Hub) -> None:
        assert hub.owner.get("/hub/api/profit/days").json() == ...

``hub.stranger``, ``hub.partner`` and ``hub.owner`` are clients; only the first is not logged in. Marts that a
module adds rows to are made as they are declared; rows are of account ACCOUNT and marketplace US unless they
say otherwise.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psycopg
import pytest
from psycopg.rows import dict_row
from support.airflow_home import PROJECT_ROOT, prepare_airflow
from support.hand_made_rows import add_rows, make_marts
from support.memory import new_folder
from support.postgres import TEMPLATE, PostgresServer

from sellerops.base.clock import Clock
from sellerops.marts.specs import load_mart

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

# Test modules import the hub, and with it Airflow, after this module.
prepare_airflow()

ACCOUNT = "northwind_na"
US = "ATVPDKIKX0DER"
# Marts from which pages add up profit_sku_day, in build order.
PROFIT_SUMS = (
    "profit_product_day",
    "profit_sku_part",
    "profit_product_part",
    "profit_sku_month",
    "profit_product_month",
    "profit_product_year",
)
# The warehouse of tests lies a good month before: days of marts are those until the day before.
NOW = datetime.fromisoformat("2026-11-21T09:00:00+00:00")
_SECRET = "a secret of this test, as long as Airflow asks for in a signature: 64 bytes"


@dataclass
class Hub:
    """One database with the hub in front of it. ``app``: the outer app, the hub below ``/hub``."""

    conninfo: str
    app: Any
    _owner: str
    _made: set[str] = field(default_factory=set)

    def make(self, *marts: str) -> None:
        """Empty tables of marts."""
        missing = [name for name in marts if name not in self._made]
        make_marts(self.conninfo, missing)
        self._made.update(missing)

    def add(self, mart: str, *rows: dict[str, Any]) -> None:
        """Rows of a mart; account and marketplace default to ACCOUNT and US, other columns to null."""
        self.make(mart)
        columns = load_mart(mart).columns
        defaults = {"account_id": ACCOUNT, "marketplace_id": US}
        known = {name: value for name, value in defaults.items() if name in columns}
        add_rows(self.conninfo, f"sellerops_marts.{mart}", [{**known, **row} for row in rows])

    def derive(self, *marts: str, waiting: Sequence[str] = ()) -> None:
        """Build marts with a SELECT from the rows that their inputs have, with the product's own builder.

        :param waiting: marts that are there too, and wait if one of these changes what they read.
        """
        from contextlib import closing

        from support.built_marts import builder_of

        from sellerops.destinations.mart_store import Span
        from sellerops.ledger import Ledger
        from sellerops.reference.config_tables import synchronise

        specs = [load_mart(name) for name in marts]
        inputs = {name: load_mart(name) for spec in specs for name in (*spec.marts_read, *waiting)}
        with closing(Ledger(self.conninfo)) as ledger:
            with ledger.connection() as connection:
                synchronise(connection, {"calendar"})
            builder = builder_of(ledger, [*inputs.values(), *specs])
            for spec in specs:
                read = spec.marts_read[0]
                accounts = self.rows(f"SELECT DISTINCT account_id FROM sellerops_marts.{read}")
                builder.queue(spec, [Span(each["account_id"]) for each in accounts], cause="by hand")
                builder.build(spec)
        self._made.update(marts)

    def add_to(self, table: str, *rows: dict[str, Any]) -> None:
        """Rows of a table of the ledger or of reference data, named with its schema."""
        add_rows(self.conninfo, table, rows)

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What a statement returns, asked as the role that collects."""
        with psycopg.connect(self.conninfo, autocommit=True, row_factory=dict_row) as connection:
            found = connection.execute(statement.encode(), values)
            return found.fetchall() if found.description else []

    def alter(self, statement: str) -> None:
        """Change a table of the ledger, as its owner."""
        with psycopg.connect(self._owner, autocommit=True) as connection:
            connection.execute(statement.encode())

    @cached_property
    def stranger(self) -> TestClient:
        """Not logged in."""
        return self.client(None)

    @cached_property
    def partner(self) -> TestClient:
        """May read (role Viewer)."""
        return self.client("VIEWER", "partner")

    @cached_property
    def owner(self) -> TestClient:
        """May do everything (role Admin)."""
        return self.client("ADMIN", "owner")

    def client(self, role: str | None, name: str = "ann") -> TestClient:
        """A client of a user of this role of Airflow's Simple auth manager."""
        from airflow.api_fastapi.app import get_auth_manager
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
        from fastapi.testclient import TestClient

        cookies: dict[str, str] = {}
        if role:
            user = SimpleAuthManagerUser(username=name, role=role)
            cookies["_token"] = get_auth_manager().generate_jwt(user)
        return TestClient(self.app, cookies=cookies, raise_server_exceptions=False)


class HubServer:
    """Makes databases with the hub in front of them; Airflow and its users are there once."""

    def __init__(self, postgres: PostgresServer) -> None:
        self._postgres = postgres
        os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = _SECRET
        from airflow.api_fastapi.app import create_auth_manager
        from airflow.utils.db import upgradedb

        upgradedb()
        create_auth_manager().init()

    @contextmanager
    def database(self, now: datetime | None = NOW) -> Iterator[Hub]:
        """A fresh database; its clock stands at ``now``."""
        from fastapi import FastAPI

        from sellerops_airflow.dashboard.app import create_hub_app
        from sellerops_airflow.runtime import Runtime, use_runtime

        conninfo = self._postgres.create_database(TEMPLATE)
        reader = self._postgres.reader(conninfo)
        archive = str(new_folder("sellerops-hub-"))
        _forget_dags()
        app = FastAPI()
        app.mount("/hub", create_hub_app())
        with use_runtime(Runtime(lambda: conninfo, lambda: archive, lambda: reader)) as runtime:
            if now is not None:
                runtime.ledger.set_clock(Clock(now, now, 0))
            yield Hub(conninfo, app, self._postgres.owner(conninfo))
        runtime.close()
        shutil.rmtree(archive)
        self._postgres.drop_database(conninfo)


@pytest.fixture(scope="session")
def hub_server(postgres_server: PostgresServer) -> Iterator[HubServer]:
    before = os.environ.get("AIRFLOW__API_AUTH__JWT_SECRET")
    yield HubServer(postgres_server)
    if before is None:
        os.environ.pop("AIRFLOW__API_AUTH__JWT_SECRET", None)
    else:
        os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = before


def _forget_dags() -> None:
    """Empty Airflow's database: tests that ran before in this process have made DAGs known to it."""
    from airflow.models.base import Base
    from airflow.utils.session import create_session

    kept = {"alembic_version", "log_template", "slot_pool"}
    with create_session() as session:
        session.connection().exec_driver_sql("PRAGMA foreign_keys = OFF")
        for table in Base.metadata.tables.values():
            if table.name not in kept:
                session.execute(table.delete())
        session.commit()
        session.connection().exec_driver_sql("PRAGMA foreign_keys = ON")


def store_dag(dag_id: str, *, file: str = "") -> None:
    """Make a DAG of this project known to Airflow, as its DAG processor does; it is not paused.

    ``file``: the one in ``dags`` that makes it, without ``.py``; empty: the one of its name.
    """
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.definitions.dag import SerializedDAG
    from airflow.serialization.serialized_objects import LazyDeserializedDAG
    from airflow.utils.session import create_session

    path = PROJECT_ROOT / "dags" / f"{file or dag_id.removeprefix('sellerops__')}.py"
    # As for a task: a file of report DAGs builds only this one.
    with patch.dict(os.environ, {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": dag_id}):
        found = DagBag(dag_folder=str(path), bundle_path=path.parent, bundle_name="dags")
    dag = found.dags[dag_id]
    dag.is_paused_upon_creation = False
    with create_session() as session:
        session.merge(DagBundleModel(name="dags"))
        session.flush()
        SerializedDAG.bulk_write_to_db("dags", None, [dag], session=session)
        SerializedDagModel.write_dag(LazyDeserializedDAG.from_dag(dag), "dags", session=session)
