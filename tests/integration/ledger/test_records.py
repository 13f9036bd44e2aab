"""Loads, rejects, schema changes, slices, notices and calls."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from support.loads import new_load_id, record_load, record_rejects
from support.processes import RUN, claim_notices, in_processes

from sellerops.base.clock import Clock
from sellerops.base.errors import ReportFatal
from sellerops.calendar.slices import Slice
from sellerops.cli import main
from sellerops.destinations.ledger_rows import write_new_changes
from sellerops.formats.rows import RejectReason, RowReject
from sellerops.ledger import ApiCall, Ledger, LoadRecord, SliceState
from sellerops.ledger.slices import failed_days, first_days

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOAD = LoadRecord(
    report="orders",
    account_id="northwind_na",
    marketplace_id="ATVPDKIKX0DER",
    table="amazon_sp.orders",
    destination="postgres",
    rows_in_file=10,
    stored=9,
    rejected=1,
    inserted=4,
    updated=3,
    unchanged=1,
    superseded=1,
    replaced=2,
    seconds=0.5,
    started_at=NOON,
    request_id=7,
    first_day=date(2026, 11, 18),
    last_day=date(2026, 11, 19),
)
DAYS = Slice(
    source="amazon_sp",
    report="orders",
    account_id="northwind_na",
    region="NA",
    marketplaces=("US",),
    label="US 2026-11-18..2026-11-19",
    timezone="America/Los_Angeles",
    first_day="2026-11-18",
    last_day="2026-11-19",
    window_start="2026-11-18T08:00:00+00:00",
    window_end="2026-11-20T08:00:00+00:00",
)


def test_a_load_comes_back_as_it_was(ledger: Ledger) -> None:
    load_id = new_load_id(ledger)
    assert record_load(ledger, replace(LOAD, load_id=load_id)) == load_id
    other_id = record_load(ledger, replace(LOAD, report="returns", request_id=None))
    assert other_id > load_id
    assert ledger.loads(report="orders") == [replace(LOAD, load_id=load_id)]
    assert ledger.loads(request_id=7) == [replace(LOAD, load_id=load_id)]
    assert [load.load_id for load in ledger.loads()] == [other_id, load_id]
    assert [load.load_id for load in ledger.loads(limit=1)] == [other_id]


@pytest.mark.parametrize("change", [{"rejected": 0}, {"inserted": 5}, {"rows_in_file": 11}])
def test_counts_that_do_not_add_up_are_refused(ledger: Ledger, change: dict[str, int]) -> None:
    """Rows in the file = stored + rejected; stored = inserted + updated + unchanged + superseded: always."""
    with pytest.raises(psycopg.errors.CheckViolation):
        record_load(ledger, replace(LOAD, **change))
    assert ledger.loads() == []


def test_rejects_keep_whatever_the_file_held(ledger: Ledger, conninfo: str) -> None:
    """NUL, half a surrogate pair, tabs and quotes: nothing of a rejected row is lost."""
    rejects = [
        RowReject(2, RejectReason.UNREADABLE_VALUE, "price", "1,0\x000", 'a\t"b"\\c'),
        RowReject(3, RejectReason.TOO_FEW_FIELDS, raw_line="\udcff\ud800 ünï ☃"),
    ]
    record_rejects(ledger, 41, rejects)
    with psycopg.connect(conninfo) as connection:
        found = connection.execute("SELECT * FROM sellerops.rejected_row ORDER BY source_line").fetchall()
    assert found == [
        (41, 2, "unreadable_value", "price", r"1,0\x000", 'a\t"b"\\c'),
        (41, 3, "too_few_fields", None, None, r"\udcff\ud800 ünï ☃"),
    ]


def test_a_schema_change_is_news_once(ledger: Ledger, conninfo: str) -> None:
    """Every file of a table shows the same drift; people are notified when it changes."""

    def record(kind: str, table: str = "amazon_sp.orders") -> dict[str, str]:
        load_id = record_load(ledger, replace(LOAD, table=table))
        load = {
            "id": load_id,
            "report": "orders",
            "table_name": table,
            "account_id": LOAD.account_id,
            "marketplace_id": LOAD.marketplace_id,
        }
        with psycopg.connect(conninfo) as connection:
            return write_new_changes(connection, load, [("cpf", kind)])

    assert record("added")
    assert not record("added")
    assert record("dropped")
    assert record("added")
    assert record("added", "amazon_sp.returns")


def test_a_slice_writes_every_one_of_its_days(ledger: Ledger) -> None:
    ledger.set_slice_state(DAYS, SliceState.REQUESTED, run=RUN, request_id=7)
    rows = ledger.slice_states()
    assert [row.day for row in rows] == [date(2026, 11, 18), date(2026, 11, 19)]
    assert {(row.report, row.account_id, row.marketplace_id, row.state) for row in rows} == {
        ("orders", "northwind_na", "ATVPDKIKX0DER", SliceState.REQUESTED)
    }
    assert {(row.request_id, row.dag_id, row.task_id, row.map_index) for row in rows} == {
        (7, RUN.dag_id, "fetch_report", 3)
    }


def test_regions_and_snapshots_have_their_own_rows(ledger: Ledger) -> None:
    """No marketplace: the account's whole region. Two snapshots of a day are two rows; the same one is one
    row.
    """
    region = replace(DAYS, marketplaces=("US", "CA"))
    snapshot = replace(
        DAYS, first_day=None, last_day=None, window_start=None, window_end=None,
        snapshot_at="2026-11-20T02:00:00+00:00",
    )  # fmt: skip
    later = replace(snapshot, snapshot_at="2026-11-20T03:00:00+00:00")
    for slice_ in (region, region, snapshot, snapshot, later):
        ledger.set_slice_state(slice_, SliceState.LOADED, load_id=1)
    found = [(row.marketplace_id, row.day.day, row.snapshot_at) for row in ledger.slice_states()]
    assert found == [
        ("", 18, None),
        ("", 19, None),
        ("ATVPDKIKX0DER", 19, datetime(2026, 11, 20, 2, tzinfo=UTC)),
        ("ATVPDKIKX0DER", 19, datetime(2026, 11, 20, 3, tzinfo=UTC)),
    ]


SETTLED = (SliceState.LOADED, SliceState.CONFIRMED_EMPTY, SliceState.QUARANTINED)
WEAK = (SliceState.PLANNED, SliceState.REQUESTED, SliceState.EXPIRED, SliceState.LATE)


def test_looking_again_says_nothing_against_a_settled_day(ledger: Ledger) -> None:
    """All pairs of states: only a plan, a request, an expiry or a delay leaves a settled day as it was."""
    for before, after in itertools.product(SliceState, SliceState):
        slice_ = replace(DAYS, report=f"{before}_{after}")
        ledger.set_slice_state(slice_, before, load_id=5)
        ledger.set_slice_state(slice_, after)
        row = ledger.slice_states(report=slice_.report)[0]
        assert row.state is (before if before in SETTLED and after in WEAK else after), slice_.report
        assert row.load_id == 5


def test_a_failed_day_says_why_and_forgets_it_when_loaded(ledger: Ledger) -> None:
    ledger.set_slice_state(DAYS, SliceState.FAILED, run=RUN, error=ReportFatal("no brand", where="US"))
    failed = ledger.slice_states()[0]
    assert (failed.error_type, failed.error) == ("ReportFatal", "US: no brand")
    assert failed.remedy == ReportFatal.default_remedy
    ledger.set_slice_state(DAYS, SliceState.LOADED, run=RUN, load_id=3)
    loaded = ledger.slice_states()[0]
    assert (loaded.error_type, loaded.error, loaded.remedy, loaded.load_id) == (None, None, None, 3)


def test_slice_states_are_filtered(ledger: Ledger) -> None:
    ledger.set_slice_state(DAYS, SliceState.LOADED)
    ledger.set_slice_state(replace(DAYS, report="returns", marketplaces=("US", "CA")), SliceState.LATE)
    ledger.set_slice_state(replace(DAYS, account_id="northwind_eu", marketplaces=("GB",)), SliceState.LOADED)
    assert len(ledger.slice_states()) == 6
    assert {row.report for row in ledger.slice_states(report="returns")} == {"returns"}
    assert len(ledger.slice_states(account_id="northwind_na", marketplace_id="ATVPDKIKX0DER")) == 2
    assert len(ledger.slice_states(marketplace_id="")) == 2
    assert len(ledger.slice_states(states=[SliceState.LATE, SliceState.FAILED])) == 2
    assert {row.day.day for row in ledger.slice_states(first_day=date(2026, 11, 19))} == {19}
    assert {row.day.day for row in ledger.slice_states(last_day=date(2026, 11, 18))} == {18}


def test_the_last_slices_are_listed_and_those_of_a_run(ledger: Ledger) -> None:
    ledger.set_slice_state(DAYS, SliceState.LOADED, run=RUN)
    ledger.set_slice_state(
        replace(DAYS, report="returns"), SliceState.FAILED, run=replace(RUN, run_id="other")
    )
    every = ledger.slice_states()
    assert ledger.slice_states(most=3) == every[-3:]
    assert ledger.slice_states(most=9) == every
    assert {row.report for row in ledger.slice_states(run_id="other")} == {"returns"}
    assert ledger.slice_states(dag_id="another", run_id="other") == []


def test_failed_days_are_counted_and_the_first_ones_named(ledger: Ledger) -> None:
    ledger.set_slice_state(DAYS, SliceState.FAILED)
    ledger.set_slice_state(replace(DAYS, account_id="northwind_eu", marketplaces=("GB",)), SliceState.FAILED)
    ledger.set_slice_state(replace(DAYS, report="returns"), SliceState.FAILED)

    def found(accounts: list[str], most: int) -> tuple[list[tuple[str, date]], int]:
        return ledger.database.run(lambda c: failed_days(c, "orders", accounts, most))

    assert found(["northwind_na"], 1) == ([("northwind_na", date(2026, 11, 18))], 2)
    assert found(["northwind_na", "northwind_eu"], 9)[1] == 4
    assert found([], 9) == ([], 0)


def test_the_first_day_of_each_marketplace_is_found_by_the_key(ledger: Ledger) -> None:
    """A whole region counts too; what begins after the last day of the query is not included."""
    for slice_ in (
        DAYS,
        replace(DAYS, marketplaces=("CA",), first_day="2026-11-19"),
        replace(DAYS, marketplaces=("US", "CA"), first_day="2026-11-10"),
        replace(DAYS, account_id="northwind_eu", marketplaces=("GB",)),
        replace(DAYS, report="returns", first_day="2026-11-01"),
    ):
        ledger.set_slice_state(slice_, SliceState.LOADED)

    def found(accounts: list[str], until: int) -> dict[tuple[str, str], int]:
        days = ledger.database.run(lambda c: first_days(c, "orders", accounts, date(2026, 11, until)))
        return {place: day.day for place, day in days.items()}

    na = {
        ("northwind_na", ""): 10,
        ("northwind_na", "A2EUQ1WTGCTBG2"): 19,
        ("northwind_na", "ATVPDKIKX0DER"): 18,
    }
    assert found(["northwind_na", "nobody"], 30) == na
    assert found(["northwind_na"], 18) == {place: day for place, day in na.items() if day <= 18}
    assert found(["northwind_eu"], 30) == {("northwind_eu", "A1F83G8C2ARO7P"): 18}


def test_a_notice_is_claimed_by_one_process(conninfo: str, ledger: Ledger) -> None:
    """Several tasks see one failure; people get one notice. A released claim can be taken again."""
    keys = [f"failure {n}" for n in range(20)]
    assert sum(in_processes(claim_notices, [(conninfo, keys)] * 3, processes=3)) == len(keys)
    assert not ledger.claim_notice(keys[0])


def _partitions(conninfo: str) -> list[str]:
    statement = """
        SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = 'sellerops.api_call'::regclass ORDER BY 1
    """
    with psycopg.connect(conninfo) as connection:
        return [row[0].removeprefix("sellerops.api_call_") for row in connection.execute(statement)]


def test_calls_lie_in_days_of_utc(ledger: Ledger, conninfo: str) -> None:
    """A clock may jump to any day: the day's partition is made when a call needs it."""
    late = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    ledger.set_clock(Clock(late, late, 0.0))
    ledger.log_call(ApiCall("northwind_na", "createReport", 202, 0.2, 0.0167, "req-1", report_id="R1"))
    ledger.log_call(ApiCall("northwind_na", "getReport", None, called_at=late + timedelta(seconds=1)))
    assert _partitions(conninfo) == ["20261120", "20261121"]
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT called_at, operation, status, rate_limit FROM sellerops.api_call ORDER BY called_at"
        ).fetchall()
    assert rows == [
        (late, "createReport", 202, 0.0167),
        (late + timedelta(seconds=1), "getReport", None, None),
    ]


def test_old_days_of_calls_are_dropped(ledger: Ledger, conninfo: str) -> None:
    """Today's and tomorrow's partitions are created ahead; those past the retention are dropped."""
    ledger.set_clock(Clock(NOON, NOON, 0.0))
    for days in range(6):
        ledger.log_call(ApiCall("northwind_na", "getReport", 200, called_at=NOON - timedelta(days=days)))
    assert ledger.roll_api_calls(keep_days=3) == ["api_call_20261115", "api_call_20261116"]
    assert _partitions(conninfo) == ["20261117", "20261118", "20261119", "20261120", "20261121"]
    assert ledger.roll_api_calls(keep_days=3) == []


def test_costs_are_summed_by_day_report_and_destination(
    ledger: Ledger, conninfo: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record_load(ledger, LOAD)
    there = replace(LOAD, destination="bigquery", bytes_processed=1_000)
    for bytes_processed in (1_000, 2_500):
        record_load(ledger, replace(there, bytes_processed=bytes_processed))
    assert ledger.loads(limit=1)[0].bytes_processed == 2_500
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    assert main(["ledger", "costs"]) == 0
    _, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[1:6] for line in lines[:2]] == [
        ["orders", "bigquery", "2", "18", "3,500"],
        ["orders", "postgres", "1", "9", "-"],
    ]
    assert [line[:5] for line in lines[2:]] == [
        ["total", "bigquery", "2", "18", "3,500"],
        ["total", "postgres", "1", "9", "-"],
    ]
    assert main(["ledger", "costs", "--since", "2099-01-01"]) == 0
    assert "No load matches" in capsys.readouterr().out
    assert main(["ledger", "loads"]) == 0
    assert "bytes processed" in capsys.readouterr().out
