"""Restores: what they refuse before anything changes, and what they leave."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from integration.upkeep.parts import put
from support.postgres import TEMPLATE, PostgresServer

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.cli import main, restore
from sellerops.ledger import Ledger
from sellerops.upkeep.backups import take_backup
from sellerops.upkeep.database_copies import holds_tables, other_sessions
from sellerops.upkeep.programs import find_programs
from sellerops.upkeep.restoring import restore_archive, restore_configuration, restore_warehouse
from sellerops.upkeep.storage import Folder
from sellerops.writes.model import Write, WriteState
from sellerops.writes.rows import open_row


@pytest.fixture
def conninfo(postgres_server: PostgresServer) -> Iterator[str]:
    """A ledger for the owner, who dumps and restores."""
    fresh = postgres_server.create_database(TEMPLATE)
    yield postgres_server.owner(fresh)
    postgres_server.drop_database(fresh)


def test_what_is_alive_is_not_overwritten(
    ledger: Ledger, archive: Archive, target: Folder, conninfo: str, elsewhere: str
) -> None:
    ledger.claim_notice("before")
    backup = take_backup(ledger, archive, target).backup
    ledger.claim_notice("after")
    with pytest.raises(ConfigurationError, match="sessions are connected") as refused:
        restore_warehouse(target, backup, conninfo, replace=True)
    assert "Stop Airflow" in refused.value.remedy
    ledger.close()
    with pytest.raises(ConfigurationError, match="not empty"):
        restore_warehouse(target, backup, conninfo, replace=False)
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE SCHEMA later CREATE TABLE of_after (id int)")
        connection.execute("CREATE TABLE public.of_after (id int)")
    restore_warehouse(target, backup, conninfo, replace=True)
    assert not ledger.claim_notice("before")
    assert ledger.claim_notice("after")
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT count(*) AS number FROM pg_tables WHERE tablename = 'of_after'"
        ).fetchone()
        (highest,) = (
            connection.execute(
                "SELECT min(last_value) AS low FROM pg_sequences WHERE schemaname = 'sellerops'"
            )
            .fetchone()
            .values()
        )  # type: ignore[union-attr]
    assert row == {"number": 0}
    assert highest >= 1_000_000


def test_a_damaged_dump_changes_nothing(
    ledger: Ledger, archive: Archive, tmp_path: Path, conninfo: str
) -> None:
    target = Folder(str(tmp_path / "backups"))
    backup = take_backup(ledger, archive, target).backup
    ledger.claim_notice("after")
    ledger.close()
    path = Path(target.root) / backup.path("warehouse.dump")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(GiveUpError, match="damaged"):
        restore_warehouse(target, backup, conninfo, replace=True)
    assert not ledger.claim_notice("after")


def test_a_readers_session_is_seen_too(conninfo: str, postgres_server: PostgresServer) -> None:
    """Postgres hides most of a session from roles that are no members of its role."""
    assert other_sessions(conninfo) == []
    with psycopg.connect(postgres_server.reader(conninfo)):
        assert other_sessions(conninfo) == ["sellerops_reader"]


def test_a_restored_ledger_knows_it_even_if_its_migration_fails(
    ledger: Ledger,
    archive: Archive,
    tmp_path: Path,
    elsewhere: str,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was not sent before the backup may have been sent since: it is looked for first."""

    def fail(_: Ledger) -> None:
        raise RuntimeError("killed")

    write = Write("plan-1", "createInboundPlan", "POST", "/plans", found_by="its name")
    assert open_row(ledger, "northwind_na", write).state is WriteState.INTENDED
    backup = take_backup(ledger, archive, Folder(str(tmp_path / "backups"))).backup
    monkeypatch.setattr(Ledger, "migrate", fail)
    with pytest.raises(RuntimeError, match="killed"):
        restore_warehouse(Folder(str(tmp_path / "backups")), backup, elsewhere, replace=False)
    restored = Ledger(postgres_server.owner(elsewhere))
    with restored.connection() as connection:
        row = connection.execute(
            "SELECT restored_at IS NOT NULL AS marked, restored_to, state "
            "FROM sellerops.deployment, sellerops.write_call"
        ).fetchone()
    restored.close()
    assert row == {
        "marked": True,
        "restored_to": datetime.fromisoformat(backup.ledger_time),
        "state": "sent",
    }


@pytest.mark.parametrize("wrong", ["archive", "airflow", "airflow in use", "configuration"])
def test_every_refusal_comes_before_the_first_change(
    wrong: str,
    ledger: Ledger,
    archive: Archive,
    tmp_path: Path,
    conninfo: str,
    elsewhere: str,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = str(tmp_path / "backups")
    metadata = postgres_server.create_empty()
    take_backup(ledger, archive, Folder(target), airflow="" if wrong == "airflow" else metadata)
    monkeypatch.setenv("SELLEROPS_OWNER", elsewhere)
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", elsewhere)
    monkeypatch.setattr(restore, "metadata_conninfo", lambda: metadata)
    arguments = ["restore", target, "--replace", "--airflow", "--archive", archive.root]
    in_use = None
    if wrong == "archive":
        archive.mark("00000000-0000-0000-0000-000000000000")
    elif wrong == "airflow in use":
        in_use = psycopg.connect(metadata)
    elif wrong == "configuration":
        arguments += ["--configuration", str(tmp_path)]
    assert main(arguments) == 1
    assert not holds_tables(elsewhere)
    if in_use:
        in_use.close()
    postgres_server.drop_database(metadata)


def test_an_archive_of_another_deployment_is_taken_over_only_by_its_own_option(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    backup = take_backup(ledger, archive, target).backup
    archive.mark("00000000-0000-0000-0000-000000000000")
    with pytest.raises(ConfigurationError, match="another deployment") as refused:
        restore_archive(target, backup, archive, adopt=False)
    assert "--adopt-archive" in refused.value.remedy
    assert restore_archive(target, backup, archive, adopt=True).intact == 1


def test_documents_alone_are_put_back_while_the_databases_are_in_use(
    ledger: Ledger, archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "backups")
    uri = put(archive, 1)
    take_backup(ledger, archive, Folder(target))
    Path(uri.removeprefix("file://")).unlink()
    assert main(["restore", target, "--documents", "--archive", archive.root]) == 0
    assert "1 files copied back, 2 were intact" in capsys.readouterr().out
    assert archive.has(uri)
    assert main(["restore", target, "--documents", "--replace", "--archive", archive.root]) == 1


def test_a_restore_that_fails_half_way_changes_nothing(
    ledger: Ledger, archive: Archive, tmp_path: Path, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_restore is killed in the middle: psql has no COMMIT."""
    target = Folder(str(tmp_path / "backups"))
    backup = take_backup(ledger, archive, target).backup
    ledger.claim_notice("after")
    ledger.close()
    real = find_programs(18).folder
    own = tmp_path / "programs"
    own.mkdir()
    for name in ("pg_dump", "psql"):
        (own / name).symlink_to(real / name)
    half = own / "pg_restore"
    half.write_text(f'#!/bin/sh\n{real}/pg_restore "$@" | head -c 20000\nexit 1\n')
    half.chmod(half.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("SELLEROPS_POSTGRES_PROGRAMS", str(own))
    with pytest.raises(GiveUpError, match="pg_restore failed"):
        restore_warehouse(target, backup, conninfo, replace=True)
    assert not ledger.claim_notice("after")


def test_the_configuration_is_unpacked_beside_the_present_one(
    ledger: Ledger, archive: Archive, tmp_path: Path
) -> None:
    target = Folder(str(tmp_path / "backups"))
    backup = take_backup(ledger, archive, target).backup
    restore_configuration(target, backup, tmp_path / "old")
    assert (tmp_path / "old" / "config" / "accounts.yaml").is_file()
    with pytest.raises(ConfigurationError, match="not empty"):
        restore_configuration(target, backup, tmp_path / "old")
