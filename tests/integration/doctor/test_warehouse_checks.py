"""The doctor's checks of the warehouse, on a real one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from sellerops.base.clock import Clock
from sellerops.doctor.databases import examine_databases
from sellerops.doctor.finding import State
from sellerops.doctor.installation import Installation
from sellerops.doctor.migrations import all_revisions, examine_migrations, newest_revision
from sellerops.doctor.reports import examine_reports
from sellerops.doctor.tokens import examine_tokens
from sellerops.ledger import Ledger
from sellerops.ledger.warnings import WarningKind, open_warning
from sellerops_runtime.ports import free_port

NOW = datetime.now(UTC)


@pytest.fixture
def installation(conninfo: str, reader: str) -> Installation:
    return Installation(lambda: conninfo, lambda: reader, lambda: "")


def test_a_database_that_answers_both_roles_is_fine(installation: Installation) -> None:
    assert [each.state for each in examine_databases(installation)] == [State.OK, State.OK]


def test_the_role_that_gets_no_answer_is_named(conninfo: str) -> None:
    dead = f"postgresql://sellerops_reader@127.0.0.1:{free_port()}/warehouse"
    collector, reader = examine_databases(Installation(lambda: conninfo, lambda: dead, lambda: ""))
    assert collector.state is State.OK
    assert reader.state is State.FAILED
    assert "sellerops_reader" in reader.what
    assert "refused" in reader.what.lower()


def test_a_ledger_of_this_version_is_fine(installation: Installation) -> None:
    (found,) = examine_migrations(installation)
    assert (found.state, newest_revision() in found.what) == (State.OK, True)


@pytest.mark.parametrize(("revision", "remedy"), [("0001", "ledger migrate"), ("9999", "newer version")])
def test_a_ledger_of_another_version_is_not(
    installation: Installation, owner: str, revision: str, remedy: str
) -> None:
    with psycopg.connect(owner) as connection:
        connection.execute("UPDATE sellerops.alembic_version SET version_num = %s", (revision,))
    (found,) = examine_migrations(installation)
    assert found.state is State.FAILED
    assert revision in found.what
    assert remedy in found.remedy


def test_revisions_follow_each_other_by_number() -> None:
    """The newest is the highest: what the check takes for the head is what Alembic migrates to."""
    numbers = sorted(map(int, all_revisions()))
    assert numbers == list(range(1, len(numbers) + 1))


def _call(
    conninfo: str, account: str, *, ago: timedelta, status: int | None, error: str | None = None
) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "SELECT sellerops.api_call_make_day(((now() - %s) AT TIME ZONE 'UTC')::date)", (ago,)
        )
        connection.execute(
            "INSERT INTO sellerops.api_call (called_at, account_id, operation, api, status, error_type)"
            " VALUES (now() - %s, %s, 'createReport', 'reports/2021-06-30', %s, %s)",
            (ago, account, status, error),
        )


def test_tokens_are_judged_by_the_newest_call(installation: Installation, conninfo: str) -> None:
    hour = timedelta(hours=1)
    _call(conninfo, "northwind_na", ago=2 * hour, status=None, error="LoginRefused")
    _call(conninfo, "northwind_na", ago=hour, status=202)
    _call(conninfo, "northwind_eu", ago=2 * hour, status=202)
    _call(conninfo, "northwind_eu", ago=hour, status=None, error="LoginRefused")
    found = {each.what.partition(" (")[0].rpartition(" ")[2]: each
             for each in examine_tokens(installation) if "amazon_sp" in each.what}  # fmt: skip
    assert {name: each.state for name, each in found.items()} == {
        "northwind_na": State.OK,
        "northwind_eu": State.FAILED,
    }
    refused = found["northwind_eu"]
    assert "it last worked at" in refused.what
    assert "connections test amazon_sp_northwind_eu" in refused.remedy


def test_a_token_that_was_not_used_for_days_is_doubtful(installation: Installation, conninfo: str) -> None:
    _call(conninfo, "northwind_na", ago=timedelta(days=4), status=202)
    assert {each.state for each in examine_tokens(installation)} == {State.WARNING}


def _load(conninfo: str, account: str, *, ago: timedelta) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO sellerops.load (report, account_id, table_name, destination, rows_in_file, stored,"
            " rejected, inserted, updated, unchanged, superseded, replaced, seconds, started_at, recorded_at)"
            " VALUES ('sales_daily', %s, 'amazon_sp.sales_daily', 'postgres', 0, 0, 0, 0, 0, 0, 0, 0, 1,"
            " now() - %s, now() - %s)",
            (account, ago, ago),
        )


def test_an_account_from_which_nothing_comes_is_named(installation: Installation, conninfo: str) -> None:
    """One that never had a load is not: nothing is expected from it yet."""
    assert [each.state for each in examine_reports(installation)] == [State.OK]
    _load(conninfo, "northwind_na", ago=timedelta(hours=3))
    _load(conninfo, "northwind_eu", ago=timedelta(hours=30))
    (found,) = examine_reports(installation)
    assert (found.state, "northwind_eu" in found.what) == (State.WARNING, True)


def test_nothing_from_any_account_is_a_failure(installation: Installation, conninfo: str) -> None:
    _load(conninfo, "northwind_na", ago=timedelta(hours=30))
    (found,) = examine_reports(installation)
    assert found.state is State.FAILED


def test_the_clock_of_a_local_amazon_makes_nobody_silent(
    installation: Installation, conninfo: str, ledger: Ledger
) -> None:
    _load(conninfo, "northwind_na", ago=timedelta(hours=30))
    ledger.set_clock(Clock(NOW, NOW + timedelta(days=3), 20.0))
    assert [each.state for each in examine_reports(installation)] == [State.OK]


def test_more_warnings_than_anybody_reads_are_counted(installation: Installation, ledger: Ledger) -> None:
    with ledger.connection() as connection:
        for number in range(13):
            kind = WarningKind.EXPIRING if number == 0 else WarningKind.LATE
            since = NOW - timedelta(hours=20 - number)
            day = ("ATVPDKIKX0DER", date(2026, 11, number + 1))
            open_warning(connection, kind, f"x|{number}", f"report_{number}", "northwind_na", [day], since)
    found = list(examine_reports(installation))
    assert {each.state for each in found} == {State.WARNING}
    assert "about to expire at Amazon" in found[0].what
    assert "report_1, account northwind_na: 1 day late since" in found[1].what
    assert found[-1].what.startswith("3 more reports")
