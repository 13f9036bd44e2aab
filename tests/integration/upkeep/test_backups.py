"""Backups: what they hold, when they are refused, how they are verified and removed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.archived import archive_document
from support.postgres import TEMPLATE, PostgresServer

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.calendar.slices import plan_slices
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.upkeep import backups, database_copies
from sellerops.upkeep.backup_rows import last_complete, newest_backups
from sellerops.upkeep.backups import LIST, find_backup, list_backups, prune, take_backup
from sellerops.upkeep.database_copies import dump_database, restore_database
from sellerops.upkeep.document_copies import read_manifest, verify_documents
from sellerops.upkeep.programs import find_programs
from sellerops.upkeep.restoring import restore_archive, restore_configuration, restore_warehouse
from sellerops.upkeep.storage import Folder

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPEC = load_spec("fba_customer_returns")


def put(archive: Archive, number: int) -> str:
    """Archive a document; returns its address."""
    slice_ = plan_slices(SPEC, load_accounts()["northwind_na"], run_at=NOON, now=NOON)[0]
    as_of = NOON + timedelta(hours=number)
    return archive_document(archive, SPEC, slice_, as_of, f"document {number}\n".encode()).where


@pytest.fixture(params=["local", "memory"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return Folder(
        {"local": str(tmp_path / "backups"), "memory": f"memory://{tmp_path}/backups"}[request.param]
    )


@pytest.fixture
def archive(ledger: Ledger, tmp_path: Path) -> Archive:
    archive = Archive(str(tmp_path / "archive"))
    bind_archive(ledger, archive)
    return archive


@pytest.fixture
def conninfo(postgres_server: PostgresServer) -> Iterator[str]:
    """A ledger for the owner, who dumps and restores."""
    fresh = postgres_server.create_database(TEMPLATE)
    yield postgres_server.owner(fresh)
    postgres_server.drop_database(fresh)


@pytest.fixture
def elsewhere(postgres_server: PostgresServer) -> Iterator[str]:
    fresh = postgres_server.create_empty()
    yield fresh
    postgres_server.drop_database(fresh)


def test_documents_are_copied_once_and_removed_with_the_last_backup_that_has_them(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    first = put(archive, 1)
    assert take_backup(ledger, archive, target).documents.copied == 3  # with its sidecar, and the mark
    put(archive, 2)
    second = take_backup(ledger, archive, target)
    assert (second.documents.copied, second.backup.documents) == (2, 5)
    # What was lost without a word stays in the backup.
    Path(first.removeprefix("file://")).unlink()
    third = take_backup(ledger, archive, target, keep=2)
    assert len(third.pruned) == 1
    assert [each.id for each in list_backups(target)] == [second.backup.id, third.backup.id]
    entries = list(read_manifest(target, second.backup.path(LIST)))
    assert verify_documents(target, entries) == []
    assert prune(target, 1) == [second.backup.id]
    assert len(verify_documents(target, entries)) == 1
    row = last_complete(ledger)
    assert row is not None
    assert (row.backup, row.damaged, row.documents) == (third.backup.id, 0, third.backup.documents)


def test_a_document_whose_retention_is_over_leaves_the_backup_too(
    ledger: Ledger, archive: Archive, target: Folder, elsewhere: str
) -> None:
    uri = put(archive, 1)
    backup = take_backup(ledger, archive, target).backup
    archive.delete(uri, at=NOON, why="personal data")
    assert take_backup(ledger, archive, target).documents.removed == 1
    # An older backup does not bring it back, and says nothing is lost.
    done = restore_archive(target, backup, archive, replace=False)
    assert (done.missing, done.deleted, done.copied) == ([], 1, 0)
    assert not archive.has(uri)


def test_a_damaged_document_is_named_and_does_not_replace_its_copy(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    path = Path(put(archive, 1).removeprefix("file://"))
    take_backup(ledger, archive, target)
    intact = path.read_bytes()
    path.write_bytes(intact[:-3])
    done = take_backup(ledger, archive, target)
    assert [name.rsplit("/", 1)[-1] for name in done.documents.damaged] == [path.name]
    row = last_complete(ledger)
    assert row is not None
    assert row.damaged == 1
    assert restore_archive(target, list_backups(target)[0], archive, replace=False).copied == 1
    assert path.read_bytes() == intact


def test_a_backup_that_fails_is_none(
    ledger: Ledger, archive: Archive, target: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "copy_documents", fail)
    with pytest.raises(OSError, match="No space"):
        take_backup(ledger, archive, target)
    assert list_backups(target) == []
    with pytest.raises(ConfigurationError, match="no finished backup"):
        find_backup(target, None)
    assert "No space" in (newest_backups(ledger)[0].error or "")


def test_a_target_has_one_deployments_backups(
    ledger: Ledger, archive: Archive, target: Folder, elsewhere: str
) -> None:
    take_backup(ledger, archive, target)
    other = Ledger(elsewhere)
    other.migrate()
    own = Archive(f"{archive.root}-2")
    bind_archive(other, own)
    with pytest.raises(ConfigurationError, match="another deployment"):
        take_backup(other, own, target)
    other.close()


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


def test_programs_are_of_the_servers_version(tmp_path: Path) -> None:
    """The same or the next newer version; an older pg_dump cannot read a newer server."""
    with pytest.raises(ConfigurationError, match="Postgres 99") as missing:
        find_programs(99, {"PATH": os.environ["PATH"]})
    assert "SELLEROPS_POSTGRES_PROGRAMS" in missing.value.remedy
    for version in (16, 18):
        folder = tmp_path / str(version)
        folder.mkdir()
        for name in ("pg_dump", "pg_restore", "psql"):
            (folder / name).write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.1'\n")
            (folder / name).chmod(0o755)
    path = {"PATH": f"{tmp_path}/18:{tmp_path}/16"}
    assert find_programs(16, path).folder == tmp_path / "16"
    assert find_programs(17, path).version >= 17
    with pytest.raises(ConfigurationError, match="Postgres 18"):
        find_programs(18, {"SELLEROPS_POSTGRES_PROGRAMS": str(tmp_path / "16")})


@pytest.mark.parametrize(("server", "is_told"), [(16, False), (17, True)])
def test_a_setting_that_an_older_server_lacks_is_left_out(
    conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int, is_told: bool
) -> None:
    """pg_restore 17 and later write it for every server; the whole restore would fail with it."""
    dump_database(conninfo, Folder(str(tmp_path)), "dump")
    installed = find_programs(17).folder
    (tmp_path / "bin").mkdir()
    for name in ("pg_dump", "pg_restore"):
        (tmp_path / "bin" / name).symlink_to(installed / name)
    script = tmp_path / "script.sql"
    psql = tmp_path / "bin" / "psql"
    psql.write_text(f"#!/bin/sh\nexec cat > '{script}'\n")
    psql.chmod(0o755)
    monkeypatch.setenv("SELLEROPS_POSTGRES_PROGRAMS", str(psql.parent))
    monkeypatch.setattr(database_copies, "server_version", lambda conninfo: server)
    restore_database(conninfo, tmp_path / "dump", made_with=17)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "SET statement_timeout = 0;" in lines
    assert ("SET transaction_timeout = 0;" in lines) == is_told


def test_pg_dumps_words_are_shown(
    ledger: Ledger, tmp_path: Path, conninfo: str, postgres_server: Any
) -> None:
    with psycopg.connect(postgres_server.admin(conninfo.rsplit("/", 1)[1])) as connection:
        connection.execute("CREATE TABLE public.closed (id int)")
    with pytest.raises(GiveUpError, match="permission denied for table closed"):
        dump_database(conninfo, Folder(str(tmp_path)), "dump")
    assert not (tmp_path / "dump").exists()
