"""What is Postgres' own: staging that never stays, errors that say what to do, nothing half done."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.destinations.documents import Doc, day_slice, tsv
from integration.destinations.stores import PostgresStore
from psycopg import sql
from support.examples import examples

from sellerops.base.errors import CheckFailed, ConfigurationError, RetryableError, UnreadableDocument
from sellerops.base.postgres import UPKEEP, connect
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.destinations.postgres.staging import Staging
from sellerops.destinations.rejects import RejectSpool
from sellerops.formats import open_rows
from sellerops.formats.rows import Rows, TextRows
from sellerops.ledger import Ledger
from sellerops.ledger.models import RequestKey, RunRef
from sellerops.settings.specs import FileFormat, TableSpec, load_spec

HEADER = ["return-date", "order-id", "sku", "quantity"]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


def returns(*rows: tuple[object, ...], hours: float = 0) -> Doc:
    spec = load_spec("fba_customer_returns")
    return Doc(spec, day_slice(spec, "2026-11-18", marketplaces=("US", "CA")), tsv(HEADER, rows), hours)


LINE = ("2026-11-18T01:00:00Z", "1", "A", 1)


def test_an_unknown_destination_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="Use one of: postgres"):
        open_destination("bigtable", "")


def test_a_database_without_the_ledger_says_what_to_run(postgres_server: object) -> None:
    empty = postgres_server.create_empty()  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="Run `bin/sellerops ledger migrate`"):
        returns(LINE).load_into(open_destination("postgres", empty))


def test_a_server_that_is_away_is_tried_again() -> None:
    away = open_destination("postgres", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(RetryableError, match="Postgres is unavailable"):
        returns(LINE).load_into(away)


def test_a_killed_load_leaves_the_table_as_it_was(store: PostgresStore) -> None:
    returns(LINE).load_into(store.destination)
    before = store.rows("amazon_sp.fba_customer_returns")
    program = textwrap.dedent(
        """
        import io, sys
        from integration.destinations.test_postgres import returns
        from sellerops.destinations import load_document, open_destination

        HEADER = b"return-date\\torder-id\\tsku\\tquantity\\r\\n"
        ROW = b"2026-11-18T01:00:00Z\\t2\\tA\\t1\\r\\n"

        class Stuck(io.RawIOBase):
            content = [HEADER, ROW * 90_000]

            def read(self, size=-1):
                if self.content:
                    return self.content.pop(0)
                print("half way", flush=True)
                sys.stdin.readline()

        doc = returns()
        load_document(open_destination("postgres", sys.argv[1]), doc.spec, doc.slice_, doc.meta, Stuck)
        """
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, store.conninfo],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT / 'include'}:{ROOT / 'plugins'}:{ROOT / 'tests'}"},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"half way\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert store.leftovers() == []
    assert store.rows("amazon_sp.fba_customer_returns") == before
    assert len(store.loads()) == 1
    returns(LINE, hours=1).load_into(store.destination)


def test_a_load_that_does_not_add_up_is_rolled_back(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns(LINE).load_into(store.destination)
    before = store.rows("amazon_sp.fba_customer_returns")
    fill = Staging.fill

    def losing(self: Staging, chunks: Iterable[Rows]) -> int:
        staged = fill(self, chunks)
        self._connection.execute("DELETE FROM pg_temp.staged WHERE order_id = '2'")
        return staged

    monkeypatch.setattr(Staging, "fill", losing)
    document = returns(LINE, ("2026-11-18T02:00:00Z", "2", "A", 1), hours=1)
    with pytest.raises(CheckFailed, match="the file has 2 rows, but 1 were stored"):
        document.load_into(store.destination)
    assert store.rows("amazon_sp.fba_customer_returns") == before and len(store.loads()) == 1


def test_the_grain_is_a_unique_index(store: PostgresStore) -> None:
    returns(LINE).load_into(store.destination)
    (index,) = store.query("SELECT indexdef FROM pg_indexes WHERE tablename = 'fba_customer_returns'")
    assert "UNIQUE" in index["indexdef"] and "NULLS NOT DISTINCT" in index["indexdef"]
    assert "(account_id, return_date, line_hash, ordinal)" in index["indexdef"]


def test_the_tables_carry_their_descriptions(store: PostgresStore) -> None:
    returns(LINE).load_into(store.destination)
    (row,) = store.query("SELECT obj_description('amazon_sp.fba_customer_returns'::regclass) AS text")
    assert row["text"] == load_spec("fba_customer_returns").tables["fba_customer_returns"].description


def test_an_archived_request_says_what_a_load_needs(store: PostgresStore, ledger: Ledger) -> None:
    document = returns(LINE)
    spec, slice_ = document.spec, document.slice_
    key = RequestKey(
        spec.source, spec.report_type, "northwind", slice_.marketplace_ids, slice_.start, slice_.end
    )
    run = RunRef("dag", "run", "task", report=spec.name)
    request = ledger.find_or_open_listed(
        key, "r1", "d1", document.meta.reported_at, slice_.start, slice_.end, slice_.marketplace_ids, run
    )
    ledger.record_archived(
        request.id,
        uri="file:///a.gz",
        nbytes=1,
        sha256="x",
        headers={"content_type": "text/plain; charset=Cp1252"},
    )
    meta = RequestMeta.of(ledger.get_request(request.id))
    assert meta.request_id == request.id and meta.where == "file:///a.gz"
    assert (
        meta.content_type == "text/plain; charset=Cp1252" and meta.marketplace_ids == slice_.marketplace_ids
    )
    (result,) = load_document(store.destination, spec, slice_, meta, document.stream)
    assert store.loads()[0]["request_id"] == request.id and result.stored == 1


def test_a_request_without_an_as_of_cannot_be_loaded(ledger: Ledger) -> None:
    spec = load_spec("fba_customer_returns")
    run = RunRef("dag", "run", "task", report=spec.name)
    request = ledger.find_or_open_request(
        RequestKey("amazon_sp", "T", "northwind", (), None, None), fresh_after=None, run=run
    )
    with pytest.raises(UnreadableDocument, match="reported_at"):
        RequestMeta.of(request)


def staged(
    conninfo: str, spec: TableSpec, content: bytes, *, as_text: bool
) -> tuple[list[tuple[object, ...]], int]:
    """What the staging table holds after reading ``content``, and how many chunks came as text."""
    rejects = RejectSpool()
    rows = open_rows(
        spec,
        io.BytesIO(content),
        file_format=FileFormat(kind="tsv"),
        slice_=day_slice(load_spec("all_orders"), "2026-11-19"),
        content_type="text/plain; charset=utf-8",
        on_reject=rejects.add,
    )
    chunks = list(rows.texts() if as_text else rows)
    with connect(conninfo, UPKEEP, autocommit=True) as connection:
        staging = Staging(connection)
        staging.create(rows.schema)
        count = staging.fill(chunks)
        columns = sql.SQL(", ").join(map(sql.Identifier, sorted(staging.columns)))
        stored = connection.execute(
            sql.SQL("SELECT {} FROM pg_temp.staged ORDER BY source_line").format(columns)
        ).fetchall()
    assert count == len(stored) == rows.rows_in_file - len(rejects)
    return stored, sum(isinstance(chunk, TextRows) for chunk in chunks)


NUMBERS = ["1", "-2", "5.0", "1.50", "1e3", ".5", "two"]
TIMES = ["2026-11-18", "2026-11-18T08:00:00-08:00", "2026-11-18T08", "2026-11-18 08:30"]
TEXTS = ["", " ", "true", "No", '"', "\\", "\\.", "\x08", "é", "日本", "a\rb"]
CELLS = st.one_of(
    st.sampled_from([*NUMBERS, *TIMES, *TEXTS]),
    st.text(st.characters(exclude_characters="\t\n\x00\ufffd", exclude_categories=("Cs",)), max_size=5),
    st.decimals(-(10**20), 10**20, places=3, allow_nan=False).map(str),
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.sampled_from([UTC, None])).map(str),
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.lists(st.lists(CELLS, min_size=6, max_size=7), max_size=8),
    end=st.sampled_from(["\n", "\r\n"]),
    hashed=st.booleans(),
)
def test_rows_as_text_are_the_rows_as_types(
    conninfo: str, rows: list[list[str]], end: str, hashed: bool
) -> None:
    columns = {"t": "text", "i": "integer", "d": "decimal", "day": "date", "at": "timestamp", "b": "boolean"}
    keys = {"primary_key": []} if hashed else {"primary_key": ["source_line"]}
    spec = TableSpec.model_validate(
        {"write_disposition": "replace", "day_from_window": "w", "columns": columns, **keys}
    )
    content = tsv(["t", "i", "d", "day", "at", "b"], rows, end=end)
    typed, none = staged(conninfo, spec, content, as_text=False)
    text, _ = staged(conninfo, spec, content, as_text=True)
    assert text == typed and none == 0


def test_ordinary_rows_do_go_as_text(conninfo: str) -> None:
    """Or the test above would compare nothing."""
    spec = TableSpec.model_validate(
        {
            "write_disposition": "merge",
            "primary_key": ["t"],
            "columns": {"t": "text", "d": "decimal", "at": "timestamp"},
        }
    )
    lines = [[f"é{n}", "two" if n % 9 == 5 else "12.50", "2026-11-18T08:00:00+00:00"] for n in range(100)]
    stored, as_text = staged(conninfo, spec, tsv(["t", "d", "at"], lines), as_text=True)
    assert as_text == 1 and len(stored) == 89 and stored[0][1] == Decimal("12.50")
