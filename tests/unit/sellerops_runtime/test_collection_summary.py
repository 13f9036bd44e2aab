"""The table at the demo's end, from a real ledger."""

from datetime import UTC, date, datetime

import pytest
from support.loads import record_load

from sellerops.ledger import LoadRecord
from sellerops.settings.accounts import load_accounts
from sellerops_runtime.collection_summary import CollectionSummary, Line, table
from sellerops_runtime.demo import closed_days

US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"


def load(place, rows, rejected=0, report="all_orders", destination="postgres"):
    stored = rows - rejected
    counts = {"inserted": stored, "updated": 0, "unchanged": 0, "superseded": 0, "replaced": 0}
    return LoadRecord(
        report=report,
        account_id="northwind_na",
        marketplace_id=place,
        table=report,
        destination=destination,
        rows_in_file=rows,
        stored=stored,
        rejected=rejected,
        seconds=0.5,
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        **counts,
    )


def set_state(ledger, place, day, state, *, map_index=0, run="demo", error=None):
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.slice_state"
            " (report, account_id, marketplace_id, day, state, run_id, task_id, map_index, error)"
            " VALUES ('all_orders', 'northwind_na', %s, %s, %s, %s, 'load', %s, %s)",
            [place, day, state, run, map_index, error],
        )


@pytest.fixture
def collected(ledger, conninfo):
    record_load(ledger, load(US, 1000))  # of an earlier demo
    set_state(ledger, US, date(2026, 1, 1), "FAILED", run="earlier")
    reader = CollectionSummary(conninfo, load_accounts())
    reader.runs = ["demo"]
    yield reader
    reader.close()


def test_only_what_this_demo_did_is_counted(ledger, collected):
    assert collected.lines() == []
    assert collected.problems() == []
    assert collected.progress() == (0, 0, 0)


def test_a_line_for_each_marketplace_with_slices_rows_and_seconds(ledger, collected):
    set_state(ledger, US, date(2026, 11, 19), "LOADED", map_index=0)
    set_state(ledger, US, date(2026, 11, 20), "CONFIRMED_EMPTY", map_index=1)
    set_state(ledger, CA, date(2026, 11, 20), "REQUESTED", map_index=2)
    record_load(ledger, load(US, 40, rejected=1))
    record_load(ledger, load(US, 2))
    assert collected.progress() == (2, 3, 41)
    assert collected.lines() == [
        Line("all_orders", "northwind_na", "CA", 1, 0, 0, 0, 0.0),
        Line("all_orders", "northwind_na", "US", 2, 42, 41, 1, 1.0, "postgres"),
    ]


def test_one_slice_of_a_whole_region_over_seven_days_is_one_slice(ledger, collected):
    for day in range(14, 21):
        set_state(ledger, "", date(2026, 11, day), "LOADED", map_index=0)
    record_load(ledger, load("", 7))
    assert collected.lines() == [Line("all_orders", "northwind_na", "US+CA+MX", 1, 7, 7, 0, 0.5, "postgres")]


def test_a_day_that_was_not_collected_is_listed_with_its_error(ledger, collected):
    set_state(ledger, US, date(2026, 11, 20), "FAILED", error="Amazon aborted the report.")
    assert collected.problems() == [
        "all_orders northwind_na US 2026-11-20: FAILED Amazon aborted the report."
    ]


@pytest.mark.parametrize("state", ["LOADED", "CONFIRMED_EMPTY", "EXPIRED", "LATE"])
def test_what_cannot_be_fixed_is_not_a_problem(ledger, collected, state):
    """Amazon publishes some periods days after their end; a later run collects what is late."""
    set_state(ledger, US, date(2026, 11, 20), state, error="Amazon publishes this period 44h after its end.")
    assert collected.problems() == []


def test_the_table_is_aligned_and_adds_up():
    text = table(
        [Line("all_orders", "na", "US", 7, 12345, 12340, 5, 1.26), Line("x", "eu", "GB", 1, 5, 5, 0, 0.1)]
    )
    lines = text.splitlines()
    assert lines[0].split() == [
        "report",
        "account",
        "marketplace",
        "slices",
        "rows",
        "in",
        "file",
        "stored",
        "rejected",
        "seconds",
    ]
    assert lines[2].split() == ["all_orders", "na", "US", "7", "12,345", "12,340", "5", "1.3"]
    assert lines[-1].split() == ["total", "8", "12,350", "12,345", "5", "1.4"]
    assert len({line.rfind("5") for line in (lines[2], lines[-1])}) == 1


def test_each_destination_has_a_line_and_a_total(ledger, collected):
    set_state(ledger, US, date(2026, 11, 20), "LOADED")
    record_load(ledger, load(US, 40))
    record_load(ledger, load(US, 39, destination="bigquery"))
    assert [(line.destination, line.stored) for line in collected.lines()] == [
        ("bigquery", 39),
        ("postgres", 40),
    ]
    shown = [line.split() for line in table(collected.lines()).splitlines()]
    assert shown[0][3] == "destination"
    assert shown[2][3:] == ["bigquery", "1", "39", "39", "0", "0.5"]
    assert shown[-2:] == [
        ["total", "bigquery", "1", "39", "39", "0", "0.5"],
        ["total", "postgres", "1", "40", "40", "0", "0.5"],
    ]


def test_a_table_of_nothing_has_a_heading_and_zeros():
    assert table([]).splitlines()[-1].split() == ["total", "0", "0", "0", "0", "0.0"]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        # 06:00 UTC on the 21st is still the 20th in Los Angeles: the 20th is not over everywhere.
        (datetime(2026, 11, 21, 6, tzinfo=UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 21, 8, 1, tzinfo=UTC), date(2026, 11, 20)),
    ],
)
def test_closed_days_are_over_in_every_marketplace(now, last):
    first, found = closed_days(now, load_accounts())
    assert found == last
    assert (found - first).days == 6
