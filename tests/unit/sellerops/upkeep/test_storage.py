"""Files of a backup's target and of the archive, while others delete some."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sellerops.upkeep.storage import Folder


def test_files_that_are_deleted_meanwhile_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/going", "b/also", "staying"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    real = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = real(path, follow_symlinks=follow_symlinks)
        if path.name == "going":
            path.unlink(missing_ok=True)
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
        return found

    monkeypatch.setattr(Path, "stat", stat)
    folder = Folder(str(tmp_path))
    folder.sizes()
    assert folder.sizes() == {"staying": 1}


def test_a_file_is_on_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: named.append((tmp_path / "x").exists()))
    with Folder(str(tmp_path)).writing("x") as out:
        out.write(b"content")
    assert named == [False]
    assert (tmp_path / "x").read_bytes() == b"content"
