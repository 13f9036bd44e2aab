"""Unpacking gzip: as the standard library's ``gzip`` reads it, in a quarter of its time."""

from __future__ import annotations

from gzip import BadGzipFile, GzipFile
from typing import Any

from isal import igzip, isal_zlib

# What a packed stream raises that is no sound gzip; EOFError when it ends early.
GZIP_ERRORS: tuple[type[Exception], ...] = (isal_zlib.error, BadGzipFile)


def unpacked(raw: Any) -> GzipFile:
    """The decoded bytes of ``raw``, a binary stream with ``readinto``, which is not closed with it."""
    return igzip.IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
