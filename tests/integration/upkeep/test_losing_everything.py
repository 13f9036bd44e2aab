"""A system that lost its database and a part of its archive is what it was, without asking Amazon again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.collect.parts import Bench, another_run, collect
from support.moto_server import REGION, MotoServer
from support.postgres import PostgresServer

from sellerops.base.errors import Quarantined
from sellerops.calendar.slices import Slice
from sellerops.cli import main
from sellerops.collect import Done, WaitFor
from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.specs import ReportSpec, load_spec

pytestmark = pytest.mark.usefixtures("stepping_clock")

SALES, RETURNS = load_spec("sales_and_traffic"), load_spec("fba_customer_returns")
# Has names and addresses of buyers.
ORDERS = load_spec("merchant_orders")
# Differ by the load that wrote a row, not by what was loaded.
_OF_THE_LOAD = ("load_id", "loaded_at")


def load(bench: Bench, spec: ReportSpec, slice_: Slice, done: Done) -> None:
    """As a load task does it."""
    state, load_id = SliceState.LOADED, None
    for request_id in done.request_ids:
        request = bench.ledger.get_request(request_id)
        uri = request.archive_uri or ""
        destination = open_destination("postgres", bench.ledger.database.conninfo)
        try:
            results = load_document(
                destination, spec, slice_, RequestMeta.of(request), lambda uri=uri: bench.archive.open(uri)
            )
            load_id = results[-1].load_id
        except Quarantined:
            state = SliceState.QUARANTINED
        finally:
            destination.close()
    bench.ledger.set_destination_state(
        slice_,
        "postgres",
        state,
        destinations=("postgres",),
        request_id=max(done.request_ids),
        load_id=load_id,
    )


def collect_and_load(bench: Bench, spec: ReportSpec, slice_: Slice, run: str = "") -> Done:
    run_ref: RunRef = another_run(run or f"{spec.name} {slice_.label}", report=spec.name)
    done = collect(bench.collector(spec), slice_, run_ref)
    load(bench, spec, slice_, done)
    return done


def rows_of(conninfo: str) -> dict[str, list[str]]:
    """Every row of every landed table, without what belongs to the load."""
    with psycopg.connect(conninfo) as connection:
        names = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'amazon_sp'"
        ).fetchall()
        return {
            name: [
                row
                for (row,) in connection.execute(
                    f"SELECT (to_jsonb(each) - %s::text[])::text FROM {name} AS each ORDER BY 1",
                    (list(_OF_THE_LOAD),),
                )
            ]
            for (name,) in names
        }


def states_of(ledger: Ledger) -> set[tuple[str, str, str]]:
    return {(row.report, str(row.day), str(row.state)) for row in ledger.slice_states()}


def documents_of(bench: Bench, done: Done) -> list[Path]:
    """The files of a document: itself and its sidecars."""
    uri = bench.ledger.get_request(done.request_ids[0]).archive_uri or ""
    path = Path(uri.removeprefix("file://"))
    return [*path.parent.glob(f"{path.stem}*")]


@pytest.fixture
def elsewhere(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database, for the role that collects."""
    fresh = postgres_server.create_empty()
    yield postgres_server.conninfo(fresh.rsplit("/", 1)[1])
    postgres_server.drop_database(fresh)


@pytest.fixture
def shell(bench: Bench, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on a database and the bench's archive; returns its exit code."""

    def run(conninfo: str, *arguments: str) -> int:
        monkeypatch.setenv("SELLEROPS_OWNER", postgres_server.owner(conninfo))
        monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
        monkeypatch.setenv("SELLEROPS_ARCHIVE", str(bench.directory))
        return main(list(arguments))

    return run


@pytest.fixture
def bucket_of_connection(bucket: str, s3_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket, whose server and keys are in the connection that commands read."""
    fields = {"conn_type": "sellerops_storage", "login": "test", "password": "test", "host": s3_server.url}
    monkeypatch.setenv("AIRFLOW_CONN_SELLEROPS_STORAGE", json.dumps(fields | {"extra": {"region": REGION}}))
    return bucket


def test_nothing_is_lost_and_nothing_requested_twice(
    bench: Bench,
    elsewhere: str,
    shell: Any,
    bucket_of_connection: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target, lost = f"{bucket_of_connection}/backups", bench.ledger.database.conninfo
    bind_archive(bench.ledger, bench.archive)
    days = bench.slices(SALES)
    first = collect_and_load(bench, SALES, days[0])
    collect_and_load(bench, ORDERS, bench.slice_(ORDERS))
    # In flight while the backup is made.
    assert isinstance(bench.collector(SALES).advance(days[1], another_run("in flight")), WaitFor)

    assert shell(lost, "backup", target) == 0

    in_flight = collect(bench.collector(SALES), days[1], another_run("in flight"))
    load(bench, SALES, days[1], in_flight)
    collect_and_load(bench, SALES, days[2])
    collect_and_load(bench, RETURNS, bench.slice_(RETURNS))
    bench.jump(30)
    bench.sandbox.faults("zero_data", report_type=SALES.report_type, times=1)
    collect_and_load(bench, SALES, days[0], "again")
    rows, states, created = rows_of(lost), states_of(bench.ledger), bench.creates()
    calls = len(bench.sandbox.calls())
    assert (SALES.name, str(days[0].first_day), "QUARANTINED") in states
    assert len(rows["amazon_sp.merchant_orders__personal"]) > 0

    for path in documents_of(bench, first):
        path.unlink()
    bench.ledger.close()

    assert shell(elsewhere, "restore", target) == 0
    told = capsys.readouterr().out
    restored = Ledger(elsewhere)
    assert rows_of(elsewhere) == rows, told
    assert states_of(restored) == states
    assert bench.creates() == created
    assert len(bench.sandbox.calls()) == calls
    bench.ledger = restored
    # What is known is used: no report is created, and documents are not downloaded again.
    for slice_, run in ((days[1], "in flight"), (days[2], f"{SALES.name} {days[2].label}")):
        assert isinstance(bench.collector(SALES).advance(slice_, another_run(run)), Done)
    assert bench.creates() == created
    # Nothing changes if it is done twice.
    assert shell(elsewhere, "recover") == 0
    assert rows_of(elsewhere) == rows
    restored.close()
