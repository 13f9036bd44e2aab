"""The raw archive: one address for one content, never overwritten, readable again byte for byte."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from sellerops.archive import Archive, DocumentMeta
from sellerops.archive import archive as archive_module
from sellerops.base.errors import ArchiveDamaged, RetryableError
from sellerops.storage import resolve

META = DocumentMeta("amazon_sp", "all_orders", "northwind_na", "report 1", "2026-11-21T09:00:00+00:00")


def put(archive: Archive, content: bytes, meta: DocumentMeta = META) -> str:
    return archive.put_stream([content[:3], content[3:]], meta).uri


@pytest.fixture(params=["path", "file", "memory", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "s3":
        return Archive(f"{request.getfixturevalue('bucket')}/a b")
    roots = {
        "path": str(tmp_path / "a b"),
        "file": (tmp_path / "a b").as_uri(),
        "memory": f"memory://{tmp_path}",
    }
    return Archive(roots[request.param])


def test_what_is_put_is_read_again(archive: Archive) -> None:
    uri = put(archive, b"caf\xe9\r\n")
    with archive.open(uri) as stream:
        assert stream.readline() == b"caf\xe9\r\n"
        assert stream.read() == b""


def test_the_same_content_has_one_file_and_a_sidecar_for_each_fetch(archive: Archive) -> None:
    first = put(archive, b"header only\r\n")
    second = put(
        archive, b"header only\r\n", replace(META, fetch="report 2", fetched_at="2026-11-22T09:00:00+00:00")
    )
    again = put(archive, b"header only\r\n")
    assert first == second == again
    assert [entry["fetch"] for entry in archive.sidecars(first)] == ["report 1", "report 2"]


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    uri = put(archive, b"content")
    blob = next(tmp_path.rglob("*.gz"))
    before = (blob.stat().st_ino, blob.read_bytes())
    put(archive, b"content", replace(META, fetched_at="later"))
    assert (blob.stat().st_ino, blob.read_bytes()) == before
    assert archive.sidecars(uri)[0]["fetched_at"] == META.fetched_at


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Archive(str(tmp_path)).put_stream(broken(), META)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_worker_left_is_swept_a_day_later(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    put(archive, b"one")
    directory = tmp_path / "amazon_sp" / "all_orders" / "northwind_na"
    old, young = directory / ".part-old", directory / ".part-young"
    for leftover in (old, young):
        leftover.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    put(archive, b"two")
    assert not old.exists()
    assert young.exists(), "it may belong to another worker"


def test_an_archive_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(RetryableError, match="sellerops_archive_uri"):
        put(Archive(str(in_the_way)), b"content")


def test_a_document_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArchiveDamaged, match="missing"):
        Archive(str(tmp_path)).open((tmp_path / "gone.gz").as_uri())


def test_folders_without_hard_links_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", refuse)
    archive = Archive(str(tmp_path))
    assert put(archive, b"content") == put(archive, b"content")
    assert sorted(path.suffix for path in tmp_path.rglob("*") if path.is_file()) == [".gz", ".json"]


def test_documents_are_for_their_owner_and_group_only(tmp_path: Path) -> None:
    put(Archive(str(tmp_path)), b"content")
    assert stat.S_IMODE(next(tmp_path.rglob("*.gz")).stat().st_mode) == 0o640


def test_a_large_document_needs_little_memory(tmp_path: Path) -> None:
    """400 MB through the archive and out again; the peak grows by a small part of it."""
    code = """
import resource, sys
from sellerops.archive import Archive, DocumentMeta
archive = Archive(sys.argv[1])
chunk = b"row\\t" * 65_536
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
archive.put_stream([b"warm"], DocumentMeta("s", "r", "a", "warm", ""))
before = peak()
uri = archive.put_stream((chunk for _ in range(1_600)), DocumentMeta("s", "r", "a", "f", "")).uri
with archive.open(uri) as stream:
    size = sum(len(piece) for piece in iter(lambda: stream.read(1 << 20), b""))
assert size == 1_600 * len(chunk), size
print(peak() - before)
"""
    include = Path(archive_module.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(include)},
    )
    assert float(done.stdout) < 64


CONTENT = b"order-id\tquantity\r\n" + b"1\t2\r\n" * 5_000


def zeroed(content: bytes) -> bytes:
    return b"\0" * len(content)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other(content: bytes) -> bytes:
    return gzip.compress(b"another document")


def empty(content: bytes) -> bytes:
    return b""


DAMAGES = pytest.mark.parametrize("damage", [zeroed, cut, empty, other])


def overwrite(uri: str, damage: Callable[[bytes], bytes]) -> None:
    filesystem, name = resolve(unquote(uri))
    filesystem.pipe_file(name, damage(filesystem.cat_file(name)))


@DAMAGES
def test_a_damaged_document_is_an_error_and_replaced_by_the_next_fetch(
    archive: Archive, damage: Callable[[bytes], bytes]
) -> None:
    uri = put(archive, CONTENT)
    overwrite(uri, damage)
    with pytest.raises(ArchiveDamaged, match="damaged"), archive.open(uri) as stream:
        stream.read()
    with pytest.raises(ArchiveDamaged, match="damaged"), archive.open(uri) as stream:
        list(stream)
    assert put(archive, CONTENT, replace(META, fetch="report 2")) == uri
    with archive.open(uri) as stream:
        assert stream.read() == CONTENT


@DAMAGES
def test_a_damaged_sidecar_is_healed_too(archive: Archive, damage: Callable[[bytes], bytes]) -> None:
    uri = put(archive, CONTENT)
    put(archive, CONTENT, replace(META, fetch="report 2"))
    told = archive.sidecars(uri)
    filesystem, name = resolve(unquote(uri))
    for sidecar in filesystem.glob(f"{name.removesuffix('.gz')}.*.json"):
        overwrite(filesystem.unstrip_protocol(sidecar), damage)
    assert archive.sidecars(uri) == []
    assert [sidecar for _, sidecar in archive.sidecars_of_report(META.source, META.report)] == [None, None]
    put(archive, CONTENT)
    put(archive, CONTENT, replace(META, fetch="report 2"))
    assert archive.sidecars(uri) == told


def test_a_document_without_hard_links_is_healed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*arguments: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_link)
    archive = Archive(str(tmp_path))
    uri = put(archive, CONTENT)
    overwrite(uri, zeroed)
    put(archive, CONTENT)
    with archive.open(uri) as stream:
        assert stream.read() == CONTENT
