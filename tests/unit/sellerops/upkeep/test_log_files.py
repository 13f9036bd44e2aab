"""Log files go by age, then by their total size; those in use stay."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

from sellerops.upkeep.log_files import delete_old_logs


def write(folder: Path, name: str, days: float, size: int = 100) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    written = time.time() - days * 86_400
    os.utime(path, (written, written))
    return path


def test_old_logs_and_their_folders_go(tmp_path: Path) -> None:
    old = write(tmp_path, "dag_id=a/run_id=1/attempt=1.log", 31)
    new = write(tmp_path, "dag_id=a/run_id=2/attempt=1.log", 29)
    done = delete_old_logs(tmp_path, timedelta(days=30))
    assert (done.files, done.nbytes, done.kept_bytes) == (1, 100, 100)
    assert not old.parent.exists()
    assert new.exists()


def test_of_too_many_the_oldest_go_and_those_in_use_stay(tmp_path: Path) -> None:
    files = [write(tmp_path, f"{day}.log", day) for day in (3, 2, 1)]
    in_use = write(tmp_path, "now.log", 0)
    done = delete_old_logs(tmp_path, timedelta(days=30), 250)
    assert [path.exists() for path in files] == [False, False, True]
    assert in_use.exists()
    assert delete_old_logs(tmp_path, timedelta(days=30), 0).kept_bytes == 100
    assert done.kept_bytes == 200


def test_links_are_not_followed(tmp_path: Path) -> None:
    target = write(tmp_path / "elsewhere", "kept.log", 99)
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "latest").symlink_to(target.parent)
    delete_old_logs(logs, timedelta(days=30))
    assert target.exists()
