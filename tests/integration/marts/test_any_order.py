"""Loads in any order, builds at any moment, killed ones included: the tables of one full build at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from support.postgres import TEMPLATE, PostgresServer
from support.samples import Sample, _made
from support.tables import Tables
from support.warehouse import load_sample

from sellerops.archive import Archive
from sellerops.calendar.slices import plan_slices
from sellerops.destinations.mart_store import BuildCounts, BuildPlan, MartTable
from sellerops.destinations.postgres.mart_store import PostgresMartStore
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import MartSpec, load_marts
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

COLUMNS = """\
--   account_id: {type: text, description: "Account."}
--   marketplace_id: {type: text, description: "Marketplace."}
--   day: {type: date, description: "Day."}
--   sessions: {type: integer, description: "Sessions."}
"""
DAILY = f"""\
-- description: Sessions of a day.
-- group: daily
-- grain: [account_id, marketplace_id, day]
-- inputs:
--   amazon_sp.sales_daily: {{day: date}}
-- columns:
{COLUMNS}\
SELECT s.account_id, s.marketplace_id, s.date AS day, SUM(s.sessions) AS sessions
FROM {{{{ source('amazon_sp.sales_daily') }}}} AS s
GROUP BY s.account_id, s.marketplace_id, s.date
"""
WEEKLY = f"""\
-- description: Sessions of a day and the six before it.
-- group: daily
-- grain: [account_id, marketplace_id, day]
-- inputs:
--   daily: {{day: day, before: 6}}
-- columns:
{COLUMNS}\
SELECT d.account_id, d.marketplace_id, d.day, SUM(e.sessions) AS sessions
FROM {{{{ ref('daily') }}}} AS d
JOIN {{{{ ref('daily') }}}} AS e
  ON e.account_id = d.account_id AND e.marketplace_id = d.marketplace_id
 AND e.day > CAST(d.day - INTERVAL '7' DAY AS date) AND e.day <= d.day
GROUP BY d.account_id, d.marketplace_id, d.day
"""
TOTAL = f"""\
-- description: Sessions of all days.
-- group: daily
-- grain: [account_id, marketplace_id]
-- partition: [account_id, marketplace_id]
-- inputs:
--   weekly: {{}}
-- columns:
{COLUMNS.replace('--   day: {type: date, description: "Day."}' + chr(10), "")}\
SELECT w.account_id, w.marketplace_id, SUM(w.sessions) AS sessions
FROM {{{{ ref('weekly') }}}} AS w
GROUP BY w.account_id, w.marketplace_id
"""
NAMES = ("daily", "weekly", "total")
LAST = date(2026, 11, 16)
# A day of three weeks ago, and three of last week; each as first seen, and as seen again.
DAYS = [LAST - timedelta(days=age) for age in (21, 3, 1, 0)]


class Killed(Exception):
    pass


class DyingStore(PostgresMartStore):
    """Dies where ``at`` says: while looking for changes, or after all rows of a rebuild are written."""

    at = ""

    def days_of_loads(self, table: str, column: str, loads: Sequence[int]) -> list[dict[str, Any]]:
        if self.at == "look":
            raise Killed
        return super().days_of_loads(table, column, loads)

    def rebuild(
        self, table: MartTable, plan: Callable[[Any], BuildPlan], settle: Callable[[Any, Any], None]
    ) -> BuildCounts:
        def dying(connection: Any, spans: Any) -> None:
            settle(connection, spans)
            if self.at == "build":
                raise Killed

        return super().rebuild(table, plan, dying)


@pytest.fixture(scope="module")
def documents() -> list[Sample]:
    spec, account = load_spec("sales_and_traffic"), load_accounts()["northwind_na"]
    now = datetime(2026, 11, 18, 14, tzinfo=UTC)
    planned = [
        slice_
        for day in DAYS
        for slice_ in plan_slices(spec, account, run_at=now, now=now, from_day=day, to_day=day)
        if slice_.marketplaces == ("US",)
    ]
    found = []
    for slice_ in planned:
        assert slice_.window_end
        first = datetime.fromisoformat(slice_.window_end) + timedelta(hours=9)
        found += [_made(spec, slice_, moment) for moment in (first, first + timedelta(days=2))]
    documents = [each for each in found if each]
    assert len(documents) == 2 * len(DAYS)
    return documents


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> list[MartSpec]:
    folder = tmp_path_factory.mktemp("marts")
    for name, text in zip(NAMES, (DAILY, WEEKLY, TOTAL), strict=True):
        (folder / f"{name}.sql").write_text(text)
    return load_marts(folder)


@contextmanager
def _fresh(
    server: PostgresServer, folder: Path, marts: list[MartSpec]
) -> Iterator[tuple[Tables, MartBuilder]]:
    conninfo = server.create_database(TEMPLATE)
    with closing(Ledger(conninfo)) as ledger:
        tables = Tables(ledger, Archive(str(folder / "archive")))
        spec = [load_spec("sales_and_traffic")]
        yield tables, MartBuilder(ledger, DyingStore(conninfo), marts, declared_columns(spec))
        tables.close()
    server.drop_database(conninfo)


def _contents(tables: Tables) -> list[list[str]]:
    return [sorted(map(str, tables.rows(f"SELECT * FROM sellerops_marts.{name}"))) for name in NAMES]


steps = st.one_of(
    st.tuples(st.just("load"), st.integers(0, 2 * len(DAYS) - 1)),
    st.tuples(st.just("look"), st.sampled_from(["", "look"])),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "build"])),
)


@settings(max_examples=examples(6), suppress_health_check=[*HealthCheck], deadline=None)
@given(story=st.lists(steps, min_size=4, max_size=16))
def test_any_story_ends_with_the_tables_of_a_full_build(
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[Sample],
    marts: list[MartSpec],
    story: list[tuple[str, Any]],
) -> None:
    with _fresh(postgres_server, tmp_path_factory.mktemp("story"), marts) as (tables, builder):
        by_name = {mart.name: mart for mart in builder.marts}
        store = builder.store
        assert isinstance(store, DyingStore)
        for step, detail in story:
            if step == "load":
                load_sample(tables, documents[detail])
                continue
            store.at = detail
            with suppress(Killed):
                builder.look() if step == "look" else builder.build(by_name[step])
            store.at = ""
        builder.build_all()
        assert builder.waiting() == []
        followed = _contents(tables)
        with tables.ledger.connection() as connection:
            connection.execute("DELETE FROM sellerops.mart_definition")
        assert all(built.spans for built in builder.build_all()) or not any(followed)
        assert _contents(tables) == followed


def test_a_restatement_of_three_weeks_ago_reaches_every_mart(
    postgres_server: PostgresServer, tmp_path: Path, documents: list[Sample], marts: list[MartSpec]
) -> None:
    with _fresh(postgres_server, tmp_path, marts) as (tables, builder):
        for sample in documents[::2]:
            load_sample(tables, sample)
        builder.build_all()
        before = _contents(tables)
        load_sample(tables, documents[1])
        assert tables.rows("SELECT DISTINCT day FROM sellerops.restatement") == [{"day": DAYS[0]}]
        built = {each.mart: each.spans for each in builder.build_all()}
        (daily,), (weekly,) = built["daily"], built["weekly"]
        assert (daily.first_day, daily.last_day) == (DAYS[0], DAYS[0])
        assert (weekly.first_day, weekly.last_day) == (DAYS[0], DAYS[0] + timedelta(days=6))
        assert all(one != other for one, other in zip(before, _contents(tables), strict=True))
