"""The doctor's check of the warehouse's roles."""

from __future__ import annotations

import psycopg
import pytest
from support.postgres import PostgresServer

from sellerops.doctor.finding import State
from sellerops.doctor.installation import Installation
from sellerops.doctor.roles import examine_roles
from sellerops.ledger.database import migrate


def findings(collector: str, reader: str) -> list[tuple[State, str]]:
    installation = Installation(lambda: collector, lambda: reader, lambda: "")
    return [(each.state, each.what) for each in examine_roles(installation)]


def test_the_roles_that_init_makes_are_fine(conninfo: str, reader: str) -> None:
    ((state, what),) = findings(conninfo, reader)
    assert state is State.OK
    assert "sellerops_collector for tasks, sellerops_reader for pages" in what


def test_an_owner_who_collects_and_a_collector_who_reads_are_found(conninfo: str, owner: str) -> None:
    found = findings(owner, conninfo)
    assert [state for state, _ in found] == [State.WARNING, State.FAILED]
    assert "sellerops_owner, which owns the ledger" in found[0][1]
    assert "sellerops_collector, which may write" in found[1][1]


def test_a_superuser_is_found(postgres_server: PostgresServer, conninfo: str, reader: str) -> None:
    admin = postgres_server.admin(conninfo.rsplit("/", 1)[1])
    ((state, what),) = findings(admin, reader)
    assert (state, "connection sellerops_warehouse logs in as postgres" in what.lower()) == (
        State.FAILED,
        True,
    )


def test_tables_that_were_not_handed_over_are_found(conninfo: str, reader: str, owner: str) -> None:
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE SCHEMA amazon_sp")
    ((state, what),) = findings(conninfo, reader)
    assert (state, "amazon_sp belongs to sellerops_owner" in what) == (State.FAILED, True)


def test_a_table_made_between_the_hand_over_and_the_new_connection_is_found_and_handed_over(
    conninfo: str, reader: str, owner: str
) -> None:
    """By a task that still logged in as the owner."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE SCHEMA amazon_sp; CREATE TABLE amazon_sp.ours (n int)")
        connection.execute("GRANT CREATE ON SCHEMA amazon_sp TO sellerops_owner")
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE amazon_sp.late (id serial, n int)")
    ((state, what),) = findings(conninfo, reader)
    assert state is State.FAILED
    assert "Tables of schema amazon_sp belong to sellerops_owner" in what and what.endswith(": late.")
    migrate(owner)
    ((state, what),) = findings(conninfo, reader)
    assert state is State.OK
    with psycopg.connect(conninfo) as connection:
        connection.execute("INSERT INTO amazon_sp.late (n) VALUES (1)")


@pytest.mark.parametrize(("password", "words"), [("postgres", "attackers try"), ("short", "fewer than 8")])
def test_a_weak_password_is_found(
    conninfo: str, reader: str, password: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = conninfo.split(":")[2].split("@")[0]
    weak = conninfo.replace(address, password)
    monkeypatch.setattr(Installation, "collecting", Installation.reading)
    found = findings(weak, reader)
    assert any(words in what for _, what in found)
    assert password not in " ".join(what for _, what in found if "everybody" not in what)
