"""Unpacking gzip: as the standard library's ``gzip`` reads it, in a quarter of its time."""

from __future__ import annotations

from gzip import BadGzipFile, GzipFile
from typing import Any, cast

from isal import igzip, isal_zlib

# What is raised where a stream is no sound gzip; EOFError where it ends early.
GZIP_ERRORS = cast("tuple[type[Exception], ...]", (EOFError, isal_zlib.error, BadGzipFile))


def open_gzip(raw: Any) -> GzipFile:
    """The decoded bytes of ``raw``, a binary stream with ``readinto``, which is not closed with it."""
    return igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
