"""Marts follow their inputs: a load, its restatement, and nothing else is rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.samples import COUNTRIES, Sample, looked_at_again, sample_of
from support.tables import Tables
from support.warehouse import load_sample

from sellerops.archive import Archive
from sellerops.destinations.registry import open_mart_store
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.inputs import declared_columns
from sellerops.marts.specs import load_mart, load_marts
from sellerops.reprocess.replay import Scope, replay
from sellerops.settings.mart_tables import Span
from sellerops.settings.specs import load_spec

MART = load_mart("traffic_day")
READER = """\
-- description: Sessions.
-- group: daily
-- grain: [account_id, marketplace_id, day, asin]
-- inputs:
--   traffic_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account."}
--   marketplace_id: {type: text, description: "Marketplace."}
--   day: {type: date, description: "Day."}
--   asin: {type: text, description: "ASIN."}
--   sessions: {type: integer, description: "Sessions."}
SELECT t.account_id, t.marketplace_id, t.day, t.asin, t.sessions FROM {{ ref('traffic_day') }} AS t
"""


@pytest.fixture
def tables(ledger: Ledger, tmp_path: Path) -> Iterator[Tables]:
    opened = Tables(ledger, Archive(str(tmp_path / "archive")))
    yield opened
    opened.close()


@pytest.fixture
def builder(ledger: Ledger) -> MartBuilder:
    conninfo = ledger.database.conninfo
    return MartBuilder(
        ledger, open_mart_store("postgres", conninfo, ledger=conninfo), [MART], declared_columns()
    )


def _sample() -> Sample:
    spec = load_spec("sales_and_traffic")
    return next(found for account in COUNTRIES if (found := sample_of(spec, account)))


def test_a_mart_without_inputs_is_an_empty_table(builder: MartBuilder, tables: Tables) -> None:
    builder.build_all()
    assert tables.rows("SELECT * FROM sellerops_marts.traffic_day") == []


def test_a_load_and_its_restatement_rebuild_their_days(builder: MartBuilder, tables: Tables) -> None:
    first = _sample()
    builder.look()
    load_sample(tables, first)
    (built,) = builder.build_all()
    landed = "SELECT count(*) AS n, sum(sessions) AS s FROM amazon_sp.sales_daily"
    made = "SELECT count(*) AS n, sum(sessions) AS s FROM sellerops_marts.traffic_day"
    assert tables.rows(made) == tables.rows(landed)
    assert built.counts.inserted > 0

    assert builder.build_all()[0].spans == ()

    again = looked_at_again(first)
    assert again
    load_sample(tables, again)
    days = {row["day"] for row in tables.rows("SELECT DISTINCT day FROM sellerops.restatement")}
    (rebuilt,) = builder.build_all()
    covered: set[date] = set()
    for span in rebuilt.spans:
        assert span.first_day and span.last_day
        covered |= {
            span.first_day + timedelta(days=n) for n in range((span.last_day - span.first_day).days + 1)
        }
    assert covered >= days
    assert tables.rows(made) == tables.rows(landed)


def test_a_replay_reaches_marts(builder: MartBuilder, tables: Tables, ledger: Ledger) -> None:
    load_sample(tables, _sample())
    builder.build_all()
    made = "SELECT day, asin, sessions FROM sellerops_marts.traffic_day ORDER BY 1, 2"
    rows = tables.rows(made)
    with ledger.connection() as connection:
        connection.execute("UPDATE amazon_sp.sales_daily SET sessions = sessions + 1")
    builder.queue(MART, builder.of_accounts(Span("")), cause="by hand")
    builder.build_all()
    assert tables.rows(made) != rows
    replay(ledger, tables.archive, load_spec("sales_and_traffic"), Scope())
    builder.build_all()
    assert tables.rows(made) == rows


def test_a_changed_mart_is_made_anew_and_a_removed_one_forgotten(
    ledger: Ledger, tables: Tables, tmp_path: Path
) -> None:
    conninfo = ledger.database.conninfo
    store = open_mart_store("postgres", conninfo, ledger=conninfo)
    path = tmp_path / "traffic_day.sql"

    def builder_of(text: str, **more: Any) -> MartBuilder:
        path.write_text(text)
        return MartBuilder(ledger, store, load_marts(tmp_path), declared_columns(), **more)

    def counts(table: str) -> int:
        return int(tables.rows(f"SELECT count(*) AS n FROM sellerops.{table}")[0]["n"])

    text = Path(MART.path).read_text()
    load_sample(tables, _sample())
    builder_of(text).build_all()
    rows = tables.rows("SELECT day, asin, sessions FROM sellerops_marts.traffic_day ORDER BY 1, 2")
    assert rows

    changed = text.replace("--   sessions: {type: integer", "--   sessions: {type: decimal").replace(
        "       s.sessions,", "       s.sessions + 0.5 AS sessions,"
    )
    assert changed != text
    (built,) = builder_of(changed).build_all()
    assert built.counts.inserted == len(rows)
    again = tables.rows("SELECT day, asin, sessions FROM sellerops_marts.traffic_day ORDER BY 1, 2")
    assert [{**row, "sessions": row["sessions"] + Decimal("0.5")} for row in rows] == again
    # Somebody dropped the table: it is made anew, although nothing has changed.
    with ledger.connection() as connection:
        connection.execute("DROP TABLE sellerops_marts.traffic_day")
    (built,) = builder_of(changed).build_all()
    assert built.counts.inserted == len(rows)

    path.unlink()
    gone = MartBuilder(ledger, store, [], declared_columns(), broken=["traffic_day"])
    gone.look()
    assert (counts("mart_input"), counts("mart_definition")) == (1, 0)
    # What changed meanwhile was noted for no mart that could be read, so all of it is rebuilt.
    (built,) = builder_of(changed).build_all()
    assert built.counts.inserted == len(rows)
    path.unlink()
    MartBuilder(ledger, store, [], declared_columns()).look()
    assert counts("mart_input") == counts("mart_definition") == counts("mart_pending") == 0


VIEW = "CREATE VIEW sellerops_marts.postings AS SELECT day FROM sellerops_marts.order_posting"


@pytest.mark.parametrize(
    ("is_of_owner", "told", "remedy"),
    [
        (False, "view sellerops_marts.postings depends on", "DROP VIEW sellerops_marts.postings"),
        (True, "DROP TABLE sellerops_marts.order_posting", "DROP TABLE sellerops_marts.order_posting"),
    ],
)
def test_a_table_of_a_former_mart_that_cannot_be_dropped_stops_no_mart(
    builder: MartBuilder,
    tables: Tables,
    ledger: Ledger,
    owner: str,
    is_of_owner: bool,
    told: str,
    remedy: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A view reads it, or another role owns table and schema."""
    maker = owner if is_of_owner else ledger.database.conninfo
    left = "SELECT tablename FROM pg_tables WHERE tablename IN ('order_posting', 'profit_sku_to_date')"
    with psycopg.connect(maker, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA sellerops_marts")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA sellerops_marts TO PUBLIC")
        connection.execute("CREATE TABLE sellerops_marts.order_posting (day date)")
        connection.execute("GRANT SELECT ON sellerops_marts.order_posting TO PUBLIC")
        if not is_of_owner:
            connection.execute(VIEW)
        with ledger.connection() as of_collector:
            of_collector.execute("CREATE TABLE sellerops_marts.profit_sku_to_date (day date)")
        load_sample(tables, _sample())
        (built,) = builder.build_all()
        assert built.spans
        (warning,) = [each.message for each in caplog.records if "order_posting" in each.message]
        assert warning.startswith("sellerops_marts.order_posting: ")
        assert "the table of a former mart" in warning and told in warning
        assert tables.rows(left) == [{"tablename": "order_posting"}]
        connection.execute(remedy.encode())
    builder.look()
    assert tables.rows(left) == []


def test_a_reader_that_cannot_be_read_while_its_input_is_rebuilt_is_rebuilt_later(
    ledger: Ledger, tables: Tables, tmp_path: Path
) -> None:
    conninfo = ledger.database.conninfo
    store = open_mart_store("postgres", conninfo, ledger=conninfo)
    (tmp_path / "traffic_day.sql").write_text(Path(MART.path).read_text())
    (tmp_path / "reader.sql").write_text(READER)
    load_sample(tables, _sample())
    marts = load_marts(tmp_path)
    MartBuilder(ledger, store, marts, declared_columns()).build_all()
    (mart,) = (one for one in marts if one.name == "traffic_day")
    alone = MartBuilder(ledger, store, [mart], declared_columns(), broken=["reader"])
    alone.queue(mart, alone.of_accounts(Span("")), cause="by hand")
    with ledger.connection() as connection:
        connection.execute("UPDATE amazon_sp.sales_daily SET sessions = 4711")
    assert alone.build(mart).spans
    MartBuilder(ledger, store, marts, declared_columns()).build_all()
    assert tables.rows("SELECT DISTINCT sessions FROM sellerops_marts.reader") == [{"sessions": 4711}]
