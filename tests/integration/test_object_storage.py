"""Archive, evidence, drop folder and packing lists in S3 (moto's server), which several hosts use."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from support.moto_server import REGION, MotoServer

from sellerops.archive import Archive, DocumentMeta
from sellerops.base.errors import ArchiveDamaged, ConfigurationError, InvalidRequest, RetryableError
from sellerops.browsers.evidence import PAGE, SCREENSHOT, EvidenceStore
from sellerops.inbound.requests.packing_list_folder import read_file
from sellerops.settings.accounts import load_accounts
from sellerops.sources.folder.source import SOURCE
from sellerops.storage import S3Settings, filesystem_of, use_s3_settings

META = DocumentMeta("amazon_sp", "all_orders", "northwind_na", "report 1", "2026-11-21T09:00:00+00:00")
CONTENT = b"order-id\tquantity\r\n" + b"1\t2\r\n" * 5_000


@pytest.fixture
def archive(bucket: str) -> Archive:
    return Archive(f"{bucket}/archive")


@pytest.fixture
def client(bucket: str, s3_server: MotoServer) -> Any:
    """The boto3 client of this test alone, which may listen to its events."""
    own = S3Settings("test", "test", session_token=bucket, region=REGION, endpoint_url=s3_server.url)
    use_s3_settings(lambda: own)
    return filesystem_of(bucket).client


def put(archive: Archive, content: bytes = CONTENT, fetch: str = "report 1") -> str:
    return archive.put_stream([content], replace(META, fetch=fetch)).uri


def read(archive: Archive, uri: str) -> bytes:
    with archive.open(uri) as stream:
        return stream.read()


def objects(bucket: str) -> list[str]:
    return filesystem_of(bucket).find(bucket)


def _put_elsewhere(root: str, url: str, fetch: str) -> None:
    use_s3_settings(lambda: S3Settings("test", "test", region=REGION, endpoint_url=url))
    put(Archive(root), fetch=fetch)


def test_hosts_that_store_the_same_content_at_once_leave_one_document(
    archive: Archive, bucket: str, s3_server: MotoServer
) -> None:
    """Forked children of a process that has used S3, as tasks of a worker are."""
    uri = put(archive, fetch="report 0")
    fork = multiprocessing.get_context("fork")
    hosts = [
        fork.Process(target=_put_elsewhere, args=(archive.root, s3_server.url, f"report {n}")) for n in (1, 2)
    ]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join(60)
    assert [host.exitcode for host in hosts] == [0, 0]
    assert list(archive.documents("amazon_sp", "all_orders")) == [uri]
    assert {entry["fetch"] for entry in archive.sidecars(uri)} == {"report 0", "report 1", "report 2"}
    assert len(objects(bucket)) == 4
    assert read(archive, uri) == CONTENT


def test_one_of_several_installations_owns_an_archive(archive: Archive, bucket: str) -> None:
    owners: list[str] = []
    ready = threading.Barrier(4)

    def claim(deployment: str) -> None:
        ready.wait()
        owners.append(Archive(archive.root).claim(deployment))

    threads = [threading.Thread(target=claim, args=(f"installation {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(owners) == 4
    assert set(owners) == {archive.owner()}
    archive.mark("another")
    assert archive.owner() == "another"


def test_a_write_that_is_interrupted_leaves_nothing(
    archive: Archive, bucket: str, tmp_path: Path, monkeypatch
) -> None:
    """Neither in the bucket nor in the folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def chunks() -> Iterator[bytes]:
        yield CONTENT
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        archive.put_stream(chunks(), META)
    assert objects(bucket) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_large_document_is_sent_in_parts_and_appears_whole(
    archive: Archive, bucket: str, client: Any
) -> None:
    """More than 8 MB compressed, from where boto3 sends parts; the parts of a failed one are no document."""
    import random

    noise = random.Random(7).randbytes(9 << 20)
    refused: list[str] = []

    def refuse(**told: Any) -> None:
        if not refused:
            refused.append("once")
            raise ConnectionError("cut off")

    client.meta.events.register("before-send.s3.CompleteMultipartUpload", refuse)
    with pytest.raises((ConnectionError, RetryableError)):
        put(archive, noise)
    assert objects(bucket) == []
    uri = put(archive, noise)
    assert refused == ["once"]
    assert read(archive, uri) == noise


def test_a_stream_of_unknown_length_becomes_one_object_or_none(bucket: str, client: Any) -> None:
    """As backups are written: 16 MB at a time."""
    storage = filesystem_of(bucket)
    half = b"x" * (9 << 20)
    with storage.open(f"{bucket}/large", "wb") as target:
        target.write(half)
        target.write(half)
        target.write(b"end")
        assert objects(bucket) == []
    with storage.open(f"{bucket}/small", "wb") as target:
        target.write(b"small")
    partial = storage.open(f"{bucket}/partial", "wb")
    partial.write(half + half)
    with pytest.raises(ValueError, match="cut off"), partial:
        raise ValueError("cut off")
    assert storage.info(f"{bucket}/large")["size"] == 2 * len(half) + 3
    assert storage.cat_file(f"{bucket}/small") == b"small"
    assert [name.rpartition("/")[2] for name in objects(bucket)] == ["large", "small"]
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket.removeprefix("s3://"))


def test_what_is_cut_off_while_it_is_read_is_an_error(archive: Archive, monkeypatch) -> None:
    uri = put(archive)

    def broken(self: StreamingBody, amt: int | None = None) -> bytes:
        from botocore.exceptions import ResponseStreamingError

        raise ResponseStreamingError(error="connection reset")

    monkeypatch.setattr(StreamingBody, "read", broken)
    with pytest.raises(OSError, match="connection reset"):
        read(archive, uri)


def test_personal_documents_are_deleted_and_say_so(archive: Archive) -> None:
    uri, other = put(archive), put(archive, b"another")
    archive.delete(uri, at=datetime(2026, 11, 30, tzinfo=UTC), why="personal data")
    archive.delete(uri, at=datetime(2026, 11, 30, tzinfo=UTC), why="personal data")
    with pytest.raises(ArchiveDamaged, match="was deleted on 2026-11-30: personal data"):
        archive.open(uri)
    assert list(archive.documents("amazon_sp", "all_orders")) == [other]
    assert {document for document, _ in archive.sidecars_of_report("amazon_sp", "all_orders")} == {uri, other}
    assert put(archive) == uri
    assert archive.deletion_of(uri) is None


def test_a_listing_of_a_document_reads_no_others(archive: Archive, client: Any) -> None:
    """Sidecars are found by the document's name: a folder may have thousands of objects."""
    uri = put(archive)
    asked: list[str] = []
    client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: asked.append(params["Prefix"])
    )
    archive.sidecars(uri)
    assert len(asked) == 1
    assert asked[0].endswith(uri.rsplit("/", 1)[1].removesuffix("gz"))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://no-such-bucket/archive", "the bucket does not exist"),
        ("s3://refused/archive", "S3 refuses access"),
    ],
)
def test_a_missing_bucket_and_a_refused_key_are_no_empty_archive(
    client: Any, address: str, says: str
) -> None:
    if "refused" in address:
        client.meta.events.register("before-send.s3", _refuse)
    archive = Archive(address)
    for call in (archive.owner, lambda: archive.claim("me"), lambda: put(archive)):
        with pytest.raises(RetryableError, match=says):
            call()


def _refuse(**_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"

    class Raw:
        def stream(self, **_: Any) -> Iterator[bytes]:
            yield body

    return AWSResponse("", 403, {}, Raw())


def test_evidence_is_kept_and_deleted_by_age(bucket: str) -> None:
    store = EvidenceStore.of_archive(f"{bucket}/archive")
    uri = store.save("northwind", 7, {PAGE: b"<html>", SCREENSHOT: b"png"})
    assert uri == f"{bucket}/archive/evidence/northwind/7"
    assert store.files(uri) == [SCREENSHOT, PAGE]
    assert store.read(uri, PAGE) == b"<html>"
    now = datetime.now(UTC)
    assert store.delete_old(now - timedelta(days=1)) == 0
    assert store.delete_old(now + timedelta(days=1)) == 1
    assert store.files(uri) == []


def test_files_of_the_drop_folder_are_found_with_their_versions(bucket: str, tmp_path: Path) -> None:
    account = replace(load_accounts()["northwind_na"], sources=("folder",))
    folder = SOURCE.folder_client(account, f"{bucket}/drop")
    assert list(folder.files("keywords", "*.csv")) == [], "no file yet: no folder either"
    storage = filesystem_of(bucket)
    storage.pipe_file(f"{bucket}/drop/northwind_na/keywords/a.csv", b"first")
    storage.pipe_file(f"{bucket}/drop/northwind_na/keywords/US/b.csv", b"of the US")
    storage.pipe_file(f"{bucket}/drop/northwind_na/other/c.csv", b"of another report")
    first, second = sorted(folder.files("keywords", "*.csv"), key=lambda file: file.name)
    assert (first.path, first.size, first.marketplace) == ("northwind_na/keywords/a.csv", 5, None)
    assert (second.name, second.marketplace) == ("b.csv", "US")
    assert folder.copy(first, tmp_path / "copied")
    assert (tmp_path / "copied").read_bytes() == b"first"
    storage.pipe_file(f"{bucket}/drop/northwind_na/keywords/a.csv", b"other")
    assert not folder.copy(first, tmp_path / "copied"), "of the same length, but another version"
    with pytest.raises(ConfigurationError, match="does not exist"):
        SOURCE.folder_client(account, "s3://no-such-bucket/drop").files("keywords", "*.csv")


def test_packing_lists_are_read_from_a_bucket(bucket: str) -> None:
    filesystem_of(bucket).pipe_file(f"{bucket}/lists/december.csv", b"sku,quantity\n")
    assert read_file(f"{bucket}/lists", "december.csv") == b"sku,quantity\n"
    with pytest.raises(InvalidRequest, match="is not in s3://"):
        read_file(f"{bucket}/lists", "january.csv")


@pytest.mark.parametrize(
    ("fields", "says"),
    [(("AKIA", "", "", {}), "only one of"), (("", "", "minio:9000", {}), "invalid address")],
)
def test_a_connection_that_cannot_work_says_what_to_correct(fields: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        S3Settings.of_connection(*fields)


def test_settings_never_show_their_secrets() -> None:
    assert "hidden" not in repr(S3Settings.of_connection("AKIA", "hidden", "", {"session_token": "hidden"}))
