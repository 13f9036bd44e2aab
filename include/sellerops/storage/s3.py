"""S3 as an fsspec file system on boto3. See docs/decisions/object-storage-through-boto3.md.

Writes are atomic: an object appears complete or not at all. There are no folders and no cached listings.
"""

from __future__ import annotations

import errno
import io
import os
import re
import threading
from collections.abc import Iterator
from typing import Any

from fsspec import AbstractFileSystem  # type: ignore[import-untyped]
from fsspec.utils import glob_translate  # type: ignore[import-untyped]

from sellerops.storage.s3_calls import make_client, split, translated
from sellerops.storage.s3_settings import S3Settings, current_s3_settings
from sellerops.storage.s3_upload import S3Upload

_BUFFER = 1 << 20
_MAGIC = re.compile(r"[*?\[]")


class S3Files(AbstractFileSystem):  # type: ignore[misc]
    """The objects of all buckets, ``<bucket>/<key>``. Errors are OSErrors: FileNotFoundError,
    NotADirectoryError (no such bucket), PermissionError, FileExistsError (``mode="create"``), or plain ones
    with S3's message.
    """

    protocol = "s3"
    cachable = False

    def __init__(self, settings: S3Settings) -> None:
        super().__init__()
        self.client: Any = make_client(settings)

    @staticmethod
    def path_of(uri: str) -> str:
        """``<bucket>/<key>`` of an address."""
        return uri.removeprefix("s3://").strip("/")

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List what is directly below a path, including folders."""
        path = self._strip_protocol(path).rstrip("/")
        found = [*self._children(path)]
        if not found:
            found = [self.info(path)]
        return found if detail else [entry["name"] for entry in found]

    def _children(self, path: str) -> Iterator[dict[str, Any]]:
        bucket, key = split(path)
        for page in self._pages(bucket, f"{key}/" if key else "", Delimiter="/"):
            for prefix in page.get("CommonPrefixes", []):
                yield _folder(f"{bucket}/{prefix['Prefix'].rstrip('/')}")
            yield from (_entry(bucket, each) for each in page.get("Contents", []))

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Name, size, type, ``ETag`` and ``LastModified``. Raises FileNotFoundError."""
        path = self._strip_protocol(path).rstrip("/")
        bucket, key = split(path)
        try:
            with translated(path):
                if key:
                    head = self.client.head_object(Bucket=bucket, Key=key)
                    return _entry(bucket, {"Key": key, "Size": head["ContentLength"], **head})
        except FileNotFoundError:
            pass
        for _entry_below in self._listed(bucket, f"{key}/" if key else "", limit=1):
            return _folder(path)
        raise FileNotFoundError(errno.ENOENT, "the object does not exist", f"s3://{path}")

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is an object at or below the path. Errors are raised: no answer is not "no"."""
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **_: Any
    ) -> Any:
        """All objects below a path, in order: their names or, with ``detail``, their entries by name."""
        path = self._strip_protocol(path).rstrip("/")
        bucket, key = split(path)
        found = {each["name"]: each for each in self._listed(bucket, f"{key}/" if key else "")}
        if maxdepth is not None:
            above = path.count("/") + maxdepth
            found = {name: each for name, each in found.items() if name.count("/") <= above}
        return found if detail else list(found)

    def glob(self, path: str, maxdepth: int | None = None, **_: Any) -> list[str]:
        """The names that match a pattern. Lists only objects that begin with the pattern's fixed part."""
        pattern = self._strip_protocol(path)
        bucket, key = split(_MAGIC.split(pattern, maxsplit=1)[0])
        matches = re.compile(glob_translate(pattern)).match
        return [each["name"] for each in self._listed(bucket, key) if matches(each["name"])]

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """An object's content, or its bytes from ``start`` up to but excluding ``end``."""
        with self._open(path) as stream:
            content: bytes = stream.read()
        return content[start:end]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: Any) -> None:
        """Write an object. Mode ``create`` raises FileExistsError if it exists."""
        bucket, key = split(self._strip_protocol(path))
        condition = {"IfNoneMatch": "*"} if mode == "create" else {}
        with translated(path):
            self.client.put_object(Bucket=bucket, Key=key, Body=value, **condition)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        """Upload a local file, in parts if it is large; memory stays bounded."""
        from boto3.s3.transfer import TransferConfig

        bucket, key = split(self._strip_protocol(rpath))
        with translated(rpath):
            self.client.upload_file(str(lpath), bucket, key, Config=TransferConfig(use_threads=False))

    def rm_file(self, path: str) -> None:
        """Delete an object, if it exists."""
        bucket, key = split(self._strip_protocol(path))
        with translated(path):
            self.client.delete_object(Bucket=bucket, Key=key)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Do nothing: there are no folders."""

    def modified(self, path: str) -> Any:
        """When an object was written (aware)."""
        return self.info(path)["LastModified"]

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode == "wb":
            return S3Upload(self, path)
        if mode != "rb":
            raise ValueError(f"S3 objects are opened with mode rb or wb, not {mode}")
        bucket, key = split(self._strip_protocol(path))
        with translated(path):
            body = self.client.get_object(Bucket=bucket, Key=key)["Body"]
        return io.BufferedReader(_Body(body, path), _BUFFER)

    def _listed(self, bucket: str, prefix: str, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
        more = {"PaginationConfig": {"MaxItems": limit, "PageSize": limit}} if limit else {}
        for page in self._pages(bucket, prefix, **more):
            yield from (_entry(bucket, each) for each in page.get("Contents", []))

    def _pages(self, bucket: str, prefix: str, **more: Any) -> Iterator[dict[str, Any]]:
        with translated(f"{bucket}/{prefix}"):
            paginator = self.client.get_paginator("list_objects_v2")
            yield from paginator.paginate(Bucket=bucket, Prefix=prefix, **more)


class _Body(io.RawIOBase):
    """A response's body, with its errors as OSErrors."""

    def __init__(self, body: Any, path: str) -> None:
        self._body, self._path = body, path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with translated(self._path):
            chunk: bytes = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def _entry(bucket: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{bucket}/{told['Key']}",
        "size": told["Size"],
        "type": "file",
        "ETag": told["ETag"],
        "LastModified": told["LastModified"],
    }


def _folder(path: str) -> dict[str, Any]:
    return {"name": path, "size": 0, "type": "directory"}


_lock = threading.Lock()
_made: tuple[int, S3Settings, S3Files] | None = None


def s3_files() -> S3Files:
    """This process's S3 file system with the current settings. A forked child makes its own connections."""
    global _made
    settings = current_s3_settings()
    with _lock:
        if _made is None or _made[:2] != (os.getpid(), settings):
            _made = (os.getpid(), settings, S3Files(settings))
        return _made[2]
