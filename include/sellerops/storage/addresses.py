"""Finds the file system of an address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def local_path(uri: str) -> Path | None:
    """The local path of a plain path or ``file://`` address, else None."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).absolute()
    return None if "://" in uri else Path(uri).absolute()


def resolve(uri: str) -> tuple[Any, str]:
    """The fsspec file system of an address, and the address in that file system's form.

    Raises ImportError if the storage's package is not installed, ValueError for an unknown scheme, and
    ConfigurationError for wrong S3 settings.
    """
    if uri.startswith("s3://"):
        from sellerops.storage.s3 import s3_files

        files = s3_files()
        return files, files.path_of(uri)
    from fsspec.core import url_to_fs  # type: ignore[import-untyped]

    files, path = url_to_fs(uri)
    return files, path


def filesystem_of(uri: str) -> Any:
    """The fsspec file system of an address; see ``resolve``."""
    return resolve(uri)[0]
