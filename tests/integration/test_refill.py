"""A destination that a spec names only now is filled from the archive with what another one loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from support.bigquery import PROJECT, LocalBigQuery
from support.catalogue import simulation

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import GiveUpError
from sellerops.calendar.slices import plan_slices
from sellerops.cli import main
from sellerops.destinations import LoadJob, LoadResult, RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger, SliceState
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.refill import refill
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

BOTH = ("postgres", "bigquery")
SPEC = load_spec("fba_customer_returns").model_copy(update={"destinations": BOTH})
TABLE = next(iter(SPEC.tables))
RUN_AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
SLICE = plan_slices(SPEC, load_accounts()["northwind_na"], run_at=RUN_AT, now=RUN_AT)[0]
# Rows differ in what names the load, and Postgres' marks of when.
_OF_THE_LOAD = {"load_id", "loaded_at"}


class Recorder:
    """A destination that remembers what it was given, in order."""

    name = "bigquery"

    def __init__(self) -> None:
        self.jobs: list[LoadJob] = []

    def load(self, job: LoadJob) -> LoadResult:
        self.jobs.append(job)
        return LoadResult(len(self.jobs), job.full_name)

    def close(self) -> None:
        pass


def load(ledger: Ledger, archive: Archive, as_of: datetime, content: bytes) -> str:
    """A document into the archive and into Postgres; its address."""
    told = {"region": SLICE.region, "marketplace_ids": list(SLICE.marketplace_ids), "slice": SLICE.to_dict()}
    meta = DocumentMeta(
        source=SPEC.source,
        report=SPEC.name,
        account_id=SLICE.account_id,
        fetch=f"{SLICE.label} {as_of}",
        fetched_at=as_of.isoformat(),
        request={**told, "reported_at": as_of.isoformat()},
        response={"content_type": "text/tab-separated-values;charset=UTF-8"},
    )
    uri = archive.put_stream([content], meta).uri
    request = RequestMeta(as_of, None, meta.response["content_type"], tuple(SLICE.marketplace_ids), uri)
    destination = open_destination("postgres", ledger.database.conninfo)
    load_document(destination, SPEC, SLICE, request, lambda: archive.open(uri))
    return uri


def documents() -> list[tuple[datetime, bytes]]:
    """Two looks at the same days, the later with one row less."""
    seller = simulation().seller("northwind_na")
    first = simulation().document(
        SPEC.report_type, seller, SLICE.marketplace_ids, SLICE.start, SLICE.end, {}, RUN_AT
    )
    assert first is not None
    content = first.read()
    lines = content.splitlines(keepends=True)
    assert len(lines) > 3
    return [(RUN_AT, content), (RUN_AT + timedelta(days=1), b"".join(lines[:-1]))]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(str(tmp_path / "archive"))


@pytest.fixture
def loaded(ledger: Ledger, archive: Archive) -> list[str]:
    """Newer first, then the older one, then the newer again; addresses of older and newer."""
    (early, first), (late, second) = documents()
    newer = load(ledger, archive, late, second)
    older = load(ledger, archive, early, first)
    assert load(ledger, archive, late, second) == newer
    ledger.set_destination_state(SLICE, "postgres", SliceState.LOADED, destinations=BOTH)
    return [older, newer]


def test_each_document_is_loaded_once_in_the_order_of_its_last_load_and_the_ledger_knows(
    ledger: Ledger, archive: Archive, loaded: list[str]
) -> None:
    assert {row.state for row in ledger.slice_states()} == {SliceState.REQUESTED}
    recorder = Recorder()
    (done,) = refill(ledger, archive, SPEC, Scope(), recorder)
    assert done.loads == 2
    assert [job.request.where for job in recorder.jobs] == loaded
    assert all(job.table_spec.quarantine is None and job.slice == SLICE for job in recorder.jobs)
    assert {row.state for row in ledger.slice_states()} == {SliceState.LOADED}


def test_what_the_scope_leaves_out_is_not_loaded(ledger: Ledger, archive: Archive, loaded: list[str]) -> None:
    recorder = Recorder()
    with pytest.raises(GiveUpError, match="no load"):
        refill(ledger, archive, SPEC, Scope(account_id="northwind_eu"), recorder)
    with pytest.raises(GiveUpError, match="no load"):
        refill(ledger, archive, SPEC, Scope(since=date(2027, 1, 1)), recorder)
    assert recorder.jobs == []


def test_comparing_is_refused_for_a_destination_that_is_only_filled(
    conninfo: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    arguments = ["replay", "--report", SPEC.name, "--archive", "mem", "--destination", "bigquery", "--check"]
    assert main(arguments) == 1
    assert "postgres only" in capsys.readouterr().err


def test_bigquery_then_holds_what_postgres_holds(
    ledger: Ledger,
    conninfo: str,
    archive: Archive,
    tmp_path: Path,
    loaded: list[str],
    bigquery_server: LocalBigQuery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the command, which takes the address from the environment; a second time changes nothing."""
    for name, value in {
        "SELLEROPS_WAREHOUSE": conninfo,
        "SELLEROPS_BIGQUERY_PROJECT": PROJECT,
        "SELLEROPS_BIGQUERY_DATASET_PREFIX": "refill_",
        "BIGQUERY_EMULATOR_HOST": bigquery_server.url,
    }.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect(conninfo, row_factory=dict_row) as connection:
        expected = connection.execute(f"SELECT * FROM amazon_sp.{TABLE}".encode()).fetchall()
    assert expected
    arguments = ["replay", "--report", SPEC.name, "--archive", str(tmp_path / "archive")]
    for _again in range(2):
        assert main([*arguments, "--destination", "bigquery"]) == 0
        found = bigquery_server.client.query(
            f"SELECT * FROM refill_amazon_sp.{TABLE} WHERE return_date > TIMESTAMP '2000-01-01'"
        ).result()
        assert comparable(dict(row.items()) for row in found) == comparable(expected)


def comparable(rows: Any) -> list[list[tuple[str, str]]]:
    return sorted(
        sorted((name, plain(value)) for name, value in row.items() if name not in _OF_THE_LOAD)
        for row in rows
    )


def plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
