"""Sizes are measured, remembered and reported; secrets and backups too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from sellerops.archive import Archive
from sellerops.cli import main
from sellerops.doctor.finding import State
from sellerops.doctor.installation import Installation
from sellerops.doctor.upkeep import examine_backups, examine_secrets, examine_sizes
from sellerops.ledger import Ledger
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.accounts import load_accounts
from sellerops.settings.upkeep_file import UPKEEP
from sellerops.upkeep.backups import take_backup
from sellerops.upkeep.secret_ages import read_secret_ages, secret_notice
from sellerops.upkeep.sizes import Kind, measure_folders
from sellerops.upkeep.storage import Folder


@pytest.fixture
def installation(conninfo: str, reader: str, ledger: Ledger) -> Installation:
    return Installation(lambda: conninfo, lambda: reader, lambda: "")


def add_sample(ledger: Ledger, days_ago: int, used: int, free: int) -> None:
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.size_sample (sampled_at, kind, name, nbytes, free) "
            "VALUES (clock_timestamp() - make_interval(days => %s), 'file_system', 'host:/data', %s, %s)",
            (days_ago, used, free),
        )


def test_the_command_shows_what_grows_and_remembers_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archive" / "evidence").mkdir(parents=True)
    (tmp_path / "archive" / "a.gz").write_bytes(b"x" * 2_000)
    (tmp_path / "archive" / "evidence" / "b.png").write_bytes(b"x" * 5_000)
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", ledger.database.conninfo)
    monkeypatch.setenv("SELLEROPS_BROWSERS_HOME", str(tmp_path / "browsers"))
    assert main(["sizes", "--record", "--archive", str(tmp_path / "archive")]) in (0, 1)
    lines = {line.split("  ")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert {"database", "file system", "folder", "schema", "table"} <= lines.keys()
    with ledger.connection() as connection:
        rows = connection.execute("SELECT kind, name, nbytes FROM sellerops.size_sample").fetchall()
    found = {(row["kind"], row["name"]): row["nbytes"] for row in rows}
    # Evidence is inside the archive, and counted once.
    assert found["folder", "archive"] == 2_000
    assert found["folder", "evidence"] == 5_000
    assert found["folder", "browsers"] == 0
    assert any(name.endswith(".sellerops.size_sample") or kind == "schema" for kind, name in found)


def test_folders_of_one_file_system_count_it_once(tmp_path: Path) -> None:
    sizes = measure_folders({"a": str(tmp_path / "a"), "b": str(tmp_path / "b")})
    assert [each.kind for each in sizes] == [Kind.FOLDER, Kind.FOLDER, Kind.FILE_SYSTEM]


def test_the_doctor_says_when_a_disk_will_be_full(ledger: Ledger, installation: Installation) -> None:
    (nothing,) = examine_sizes(installation)
    assert nothing.state is State.WARNING
    assert "Unpause sellerops__maintenance" in nothing.remedy
    for day in range(5):
        add_sample(ledger, 4 - day, (50 + day) * 10**9, (50 - day) * 10**9)
    (fine,) = examine_sizes(installation)
    assert fine.state is State.OK
    assert "grows by 1.0 GB a day" in fine.what
    add_sample(ledger, 0, 95 * 10**9, 5 * 10**9)
    (full,) = examine_sizes(installation)
    assert full.state is State.FAILED
    assert "host:/data is 95 % full" in full.what


def test_the_doctor_says_how_old_the_backup_is(
    ledger: Ledger, installation: Installation, tmp_path: Path
) -> None:
    (none,) = examine_backups(installation)
    assert (none.state, none.what) == (State.WARNING, "There is no backup.")
    archive = Archive(str(tmp_path / "archive"))
    bind_archive(ledger, archive)
    take_backup(ledger, archive, Folder(str(tmp_path / "backups")))
    (fresh,) = examine_backups(installation)
    assert fresh.state is State.OK
    for days, state in ((3, State.WARNING), (8, State.FAILED)):
        with ledger.connection() as connection:
            connection.execute(
                "UPDATE sellerops.backup SET began_at = clock_timestamp() - make_interval(days => %s), "
                "damaged = 2",
                (days,),
            )
        old, damaged = examine_backups(installation)
        assert old.state is state
        assert "sellerops backup" in old.remedy
        assert "2 documents" in damaged.what


def test_the_doctor_and_a_notice_say_when_a_secret_ends(ledger: Ledger, installation: Installation) -> None:
    """The day is the one that an owner has noted in the hub."""
    unknown = list(examine_secrets(installation))
    assert {each.state for each in unknown} == {State.OK}
    assert "Nobody has noted" in unknown[0].what
    conn_id = load_accounts()["northwind_na"].connection_of("amazon_sp")
    today = datetime.now(UTC).date()
    for age, state in ((10, State.OK), (155, State.WARNING), (175, State.FAILED), (181, State.FAILED)):
        note(ledger, conn_id, today - timedelta(days=age))
        known = [each for each in examine_secrets(installation) if "has noted" not in each.what]
        assert [each.state for each in known] == [state], known
    rules = UPKEEP.load().secrets
    with ledger.connection() as connection:
        secrets = read_secret_ages(connection, load_accounts(), rules)
    (secret,) = (each for each in secrets if each.ends_on)
    notice = secret_notice(secret, today, secret.urgency(today, rules))
    assert f"expired on {secret.ends_on}" in notice.headline
    assert "northwind_na" in notice.text


def note(ledger: Ledger, conn_id: str, day: date) -> None:
    """As the hub's page does it."""
    with ledger.connection() as connection:
        connection.execute(
            "INSERT INTO sellerops.hub_setting (name, value, changed_by) "
            "VALUES ('secrets_rotated_on', %s, 'a') ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (Jsonb({conn_id: day.isoformat()}),),
        )
