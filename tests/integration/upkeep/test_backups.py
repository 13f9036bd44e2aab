"""Backups: what they hold, when they are refused, how they are verified and removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from integration.upkeep.parts import NOON, put
from support.postgres import TEMPLATE, PostgresServer

from sellerops.archive import Archive
from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.cli import main
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.upkeep import backups, database_copies, document_copies
from sellerops.upkeep.backup_rows import last_complete, newest_backups
from sellerops.upkeep.backups import LIST, find_backup, list_backups, prune, take_backup
from sellerops.upkeep.database_copies import dump_database, restore_database, without_password
from sellerops.upkeep.document_copies import read_manifest, verify_documents
from sellerops.upkeep.programs import find_programs
from sellerops.upkeep.restoring import restore_archive
from sellerops.upkeep.storage import Folder


@pytest.fixture
def conninfo(postgres_server: PostgresServer) -> Iterator[str]:
    """A ledger for the owner, who dumps and restores."""
    fresh = postgres_server.create_database(TEMPLATE)
    yield postgres_server.owner(fresh)
    postgres_server.drop_database(fresh)


def test_documents_are_copied_once_and_a_lost_one_stays_in_all_later_backups(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    first = put(archive, 1)
    assert take_backup(ledger, archive, target).documents.copied == 3  # with its sidecar, and the mark
    put(archive, 2)
    second = take_backup(ledger, archive, target)
    assert (second.documents.copied, second.backup.documents) == (2, 5)
    path = Path(first.removeprefix("file://"))
    content = path.read_bytes()
    path.unlink()
    third = take_backup(ledger, archive, target, keep=2)
    assert len(third.pruned) == 1
    assert [each.id for each in list_backups(target)] == [second.backup.id, third.backup.id]
    assert [archive.root + "/" + each for each in third.documents.lost] == [first]
    row = last_complete(ledger)
    assert row is not None
    assert (row.backup, row.damaged, row.documents) == (third.backup.id, 1, 5)
    assert prune(target, 1) == [second.backup.id]
    assert verify_documents(target, read_manifest(target, third.backup.path(LIST))) == []
    assert restore_archive(target, third.backup, archive, adopt=False).copied == 1
    assert path.read_bytes() == content
    assert take_backup(ledger, archive, target).documents.faulty == []


def test_a_document_whose_retention_is_over_leaves_the_backup_too(
    ledger: Ledger, archive: Archive, target: Folder, elsewhere: str
) -> None:
    uri = put(archive, 1)
    backup = take_backup(ledger, archive, target).backup
    archive.delete(uri, at=NOON, why="personal data")
    done = take_backup(ledger, archive, target).documents
    assert (done.removed, done.faulty) == (1, [])
    # An older backup does not bring it back, and says nothing is lost.
    entries = list(read_manifest(target, backup.path(LIST)))
    assert verify_documents(target, entries) == []
    restored = restore_archive(target, backup, archive, adopt=False)
    assert (restored.missing, restored.deleted, restored.copied) == ([], 1, 0)
    assert not archive.has(uri)
    # Not even where the archive is gone.
    restored = restore_archive(target, backup, Archive(f"{archive.root}-2"), adopt=False)
    assert (restored.missing, restored.deleted, restored.copied) == ([], 1, 2)


def test_a_document_that_is_deleted_while_it_is_copied_is_neither_damaged_nor_lost(
    ledger: Ledger, archive: Archive, target: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = put(archive, 1)
    real = document_copies.is_whole

    def delete_first(address: str) -> bool:
        if address.endswith(".gz"):
            archive.delete(uri, at=NOON, why="personal data")
        return real(address)

    monkeypatch.setattr(document_copies, "is_whole", delete_first)
    done = take_backup(ledger, archive, target).documents
    assert (done.damaged, done.lost, len(done.entries)) == ([], [], 2)


def test_a_lost_document_is_not_taken_for_its_twin_of_another_account(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    """Files with the same content have the same name: an empty report of two accounts, say."""
    kept, deleted = (put(archive, 1, account) for account in ("northwind_na", "northwind_eu"))
    assert kept.rsplit("/", 1)[1] == deleted.rsplit("/", 1)[1]
    take_backup(ledger, archive, target)
    archive.delete(deleted, at=NOON, why="personal data")
    Path(kept.removeprefix("file://")).unlink()
    done = take_backup(ledger, archive, target).documents
    assert done.removed == 1
    assert [archive.root + "/" + each for each in done.lost] == [kept]


def test_a_damaged_document_is_named_and_does_not_replace_its_copy(
    ledger: Ledger, archive: Archive, target: Folder
) -> None:
    path = Path(put(archive, 1).removeprefix("file://"))
    take_backup(ledger, archive, target)
    intact = path.read_bytes()
    path.write_bytes(intact[:-3])
    done = take_backup(ledger, archive, target, keep=1)
    assert [name.rsplit("/", 1)[-1] for name in done.documents.damaged] == [path.name]
    row = last_complete(ledger)
    assert row is not None
    assert row.damaged == 1
    assert restore_archive(target, done.backup, archive, adopt=False).copied == 1
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


@pytest.mark.parametrize("arguments", [["--prune"], ["--backup", "20261121T120000Z"]])
def test_a_half_said_command_does_nothing(
    arguments: list[str], ledger: Ledger, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Folder(str(tmp_path / "backups"))
    first, second = (take_backup(ledger, archive, target).backup for _ in range(2))
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    monkeypatch.setenv("SELLEROPS_ARCHIVE", archive.root)
    assert main(["backup", target.root, *arguments]) == 1
    assert list_backups(target) == [first, second]


def test_the_password_is_on_no_command_line() -> None:
    for address in ("postgresql://ann:hush@db:5433/warehouse?sslmode=require", "host=db password=hush"):
        shown = without_password(address)
        assert "hush" not in shown
        assert "host=db" in shown


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
