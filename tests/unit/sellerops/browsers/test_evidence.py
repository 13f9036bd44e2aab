"""Evidence on local and on object storage."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from sellerops.browsers.evidence import PAGE, SCREENSHOT, TRACE, EvidenceStore
from sellerops.browsers.retention import delete_old

FILES = {PAGE: b"<html>", SCREENSHOT: b"png"}


@pytest.fixture(params=["local", "object storage"])
def store(request, tmp_path):
    if request.param == "local":
        return EvidenceStore.of_archive(tmp_path.as_uri())
    return EvidenceStore.of_archive(f"memory://{tmp_path.name}/archive/")


def test_what_is_saved_is_listed_and_read_again(store):
    uri = store.save("northwind", 7, FILES)
    assert uri.endswith("/evidence/northwind/7")
    assert store.files(uri) == [SCREENSHOT, PAGE]
    assert store.read(uri, PAGE) == b"<html>"
    with pytest.raises(FileNotFoundError):
        store.read(uri, TRACE)


@pytest.mark.parametrize("name", ["../../secrets", "page.html.gz", ""])
def test_no_other_file_is_read(store, name):
    uri = store.save("northwind", 7, FILES)
    with pytest.raises(FileNotFoundError):
        store.read(uri, name)
    with pytest.raises(FileNotFoundError):
        store.read(f"{uri}/../../..", PAGE)
    with pytest.raises(FileNotFoundError):
        store.read("file:///etc", PAGE)


def test_old_evidence_is_deleted_and_newer_stays(tmp_path):
    store = EvidenceStore.of_archive(str(tmp_path))
    old, new = store.save("northwind", 1, FILES), store.save("northwind", 2, FILES)
    long_ago = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    for path in (tmp_path / "evidence" / "northwind" / "1").iterdir():
        os.utime(path, (long_ago, long_ago))
    assert delete_old(store.root, datetime.now(UTC) - timedelta(days=30)) == 1
    assert store.files(old) == []
    assert store.files(new) == [SCREENSHOT, PAGE]
    assert not (tmp_path / "evidence" / "northwind" / "1").exists()


def test_old_evidence_is_deleted_from_object_storage():
    store = EvidenceStore("memory://old-evidence/evidence")
    uri = store.save("northwind", 1, FILES)
    now = datetime.now(UTC)
    assert store.delete_old(now - timedelta(days=1)) == 0
    assert store.delete_old(now + timedelta(days=1)) == 1
    assert store.files(uri) == []


def test_without_evidence_nothing_is_deleted(tmp_path):
    assert delete_old(str(tmp_path / "evidence"), datetime.now(UTC)) == 0
