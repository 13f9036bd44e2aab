"""What the tasks of sellerops__maintenance and sellerops__backup measure, report and store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb
from support.channels import Channels

from sellerops.archive import Archive
from sellerops.base.errors import GiveUpError, SkipError
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.accounts import load_accounts
from sellerops.upkeep import sizes
from sellerops.upkeep.backups import list_backups
from sellerops.upkeep.sizes import Kind, Size
from sellerops.upkeep.storage import Folder
from sellerops_airflow.housekeeping import upkeep
from sellerops_airflow.runtime import Runtime


@pytest.fixture
def runtime(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.delenv("AIRFLOW_CONN_SELLEROPS_METADATA", raising=False)
    monkeypatch.setenv("SELLEROPS_BROWSERS_HOME", str(tmp_path / "browsers"))
    archive = Archive(str(tmp_path / "archive"))
    bind_archive(ledger, archive)
    return Runtime(lambda: ledger.database.conninfo, lambda: archive.root, lambda: "")


def test_a_full_disk_is_reported_once_and_its_recovery_too(
    runtime: Runtime, sent: Channels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = [90, 95, 95, 40]
    monkeypatch.setattr(
        sizes,
        "measure_file_systems",
        lambda _: [Size(Kind.FILE_SYSTEM, "host:/data", disk[0] * 10**9, (100 - disk.pop(0)) * 10**9)],
    )
    logs = str(tmp_path / "logs")
    assert upkeep.measure_sizes(runtime, logs) == ["host:/data"]
    assert "host:/data is 90 % full" in sent.texts[0]
    assert "warehouse" not in sent.texts[0]
    upkeep.measure_sizes(runtime, logs)
    assert "95 % full" in sent.texts[1]
    upkeep.measure_sizes(runtime, logs)
    assert len(sent.texts) == 2
    assert upkeep.measure_sizes(runtime, logs) == []
    assert "host:/data has enough free space again" in sent.texts[2]
    runtime.close()


def test_a_secret_that_ends_is_reported_once_and_its_renewal_too(
    runtime: Runtime, ledger: Ledger, sent: Channels
) -> None:
    conn_id = load_accounts()["northwind_na"].connection_of("amazon_sp")
    today = ledger.clock().now().date()

    def note(days_ago: int) -> None:
        day = (today - timedelta(days=days_ago)).isoformat()
        with ledger.connection() as connection:
            connection.execute(
                "INSERT INTO sellerops.hub_setting (name, value, changed_by) "
                "VALUES ('secrets_rotated_on', %s, 'ann') "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (Jsonb({conn_id: day}),),
            )

    assert upkeep.check_secrets(ledger) == []
    note(155)
    assert upkeep.check_secrets(ledger) == [conn_id]
    assert upkeep.check_secrets(ledger) == [conn_id]
    assert len(sent.texts) == 1
    assert "in 25 days" in sent.texts[0]
    note(0)
    assert upkeep.check_secrets(ledger) == []
    assert "was renewed" in sent.texts[1]
    runtime.close()


def test_a_backup_is_taken_and_damaged_documents_fail_the_task(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = str(tmp_path / "backups")
    with pytest.raises(SkipError, match="no target"):
        upkeep.back_up(runtime, 2)
    monkeypatch.setenv("AIRFLOW_VAR_SELLEROPS_BACKUP_URI", target)
    done = upkeep.back_up(runtime, 2)
    assert [each.id for each in list_backups(Folder(target))] == [done["backup"]]
    damaged = tmp_path / "archive" / "amazon_sp" / "x" / "a" / "00" / f"{'0' * 64}.gz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no gzip")
    with pytest.raises(GiveUpError, match="is complete, but 1 documents"):
        upkeep.back_up(runtime, 2)
    assert len(list_backups(Folder(target))) == 2
    runtime.close()


def test_logs_are_deleted_on_this_host(tmp_path: Path) -> None:
    (tmp_path / "new.log").write_text("x")
    assert upkeep.delete_logs(str(tmp_path), 30, 1.0) == {"files": 0, "kept_bytes": 1}
