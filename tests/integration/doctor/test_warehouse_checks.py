"""The doctor's checks of the warehouse, on a real one."""

from __future__ import annotations

import psycopg
import pytest

from sellerops.doctor.databases import examine_databases
from sellerops.doctor.finding import State
from sellerops.doctor.installation import Installation
from sellerops.doctor.migrations import all_revisions, examine_migrations, newest_revision
from sellerops_runtime.ports import free_port


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
    installation: Installation, conninfo: str, revision: str, remedy: str
) -> None:
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE sellerops.alembic_version SET version_num = %s", (revision,))
    (found,) = examine_migrations(installation)
    assert found.state is State.FAILED
    assert revision in found.what
    assert remedy in found.remedy


def test_revisions_follow_each_other_by_number() -> None:
    """The newest is the highest: what the check takes for the head is what Alembic migrates to."""
    numbers = sorted(map(int, all_revisions()))
    assert numbers == list(range(1, len(numbers) + 1))
