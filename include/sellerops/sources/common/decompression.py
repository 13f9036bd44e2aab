"""Decompresses gzip as it arrives, in any number of layers, within limits of size, ratio and time."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator

from sellerops.base.errors import AmazonUnavailable, DocumentDamaged, LimitExceeded
from sellerops.base.limits import (
    LARGEST_DOCUMENT,
    MAX_GZIP_LAYERS,
    MAX_UNPACK_RATIO,
    SURELY_SMALL,
    megabytes,
)

# Seconds for a whole document: a connection on which data trickles never hits the read time-out.
WHOLE_TIMEOUT = 7_200.0
_UNPACKED_CHUNK = 1 << 20
# zlib copies its unused input: with small blocks thousands of gzip members in one chunk stay cheap.
_BLOCK = 16 * 1024
_GZIP_WINDOW = 31  # zlib: a gzip header and trailer are expected
_GZIP_MAGIC = b"\x1f\x8b"


def decompressed(chunks: Iterable[bytes], where: str, *, seconds: float = WHOLE_TIMEOUT) -> Iterator[bytes]:
    """The innermost bytes of ``chunks``: each gzip layer is recognised by its magic bytes and checked up to
    its trailer.

    Headers are ignored: an object stored as gzip may also be sent with Content-Encoding, and a plain one may
    be announced as GZIP. Report documents are text, so none begins with gzip's magic bytes.
    """
    budget = _Budget(where, time.monotonic() + seconds)
    chunks = budget.counted(chunks)
    for _ in range(MAX_GZIP_LAYERS + 1):
        head, chunks = peek(chunks, len(_GZIP_MAGIC))
        if not head.startswith(_GZIP_MAGIC):
            yield from chunks
            return
        chunks = _gunzip(chunks, where, budget)
    raise LimitExceeded(
        f"the document is compressed more than {MAX_GZIP_LAYERS} times.", where=where, limit="MAX_GZIP_LAYERS"
    )


class _Budget:
    """The limits of a download: the size of each layer, and the time."""

    def __init__(self, where: str, deadline: float) -> None:
        self._where, self._deadline = where, deadline
        self._packed = 0

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass on ``chunks`` as they came over the network, counting their bytes."""
        for chunk in chunks:
            self._packed += len(chunk)
            self.check(self._packed)
            yield chunk

    def check(self, size: int) -> None:
        """Raise LimitExceeded if a layer, ``size`` bytes so far, is too large; AmazonUnavailable if the time
        is up.
        """
        if size > LARGEST_DOCUMENT:
            raise LimitExceeded(
                f"the document is larger than {megabytes(LARGEST_DOCUMENT)}.",
                where=self._where,
                limit="LARGEST_DOCUMENT",
            )
        if size > max(SURELY_SMALL, self._packed * MAX_UNPACK_RATIO):
            raise LimitExceeded(
                f"{self._packed} bytes decompress to more than {megabytes(size)}, over {MAX_UNPACK_RATIO} "
                "times as much, which no real report does.",
                where=self._where,
                limit="MAX_UNPACK_RATIO",
            )
        if time.monotonic() > self._deadline:
            raise AmazonUnavailable("the download takes too long to decompress.", where=self._where)


def _gunzip(chunks: Iterable[bytes], where: str, budget: _Budget) -> Iterator[bytes]:
    """Decompress all members of a gzip stream in blocks of bounded size. DocumentDamaged if it is broken or
    truncated.
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    size = 0
    try:
        for data in _blocks(chunks):
            while data:
                if unpacker.eof:
                    if not data.strip(b"\0"):
                        break  # padding after the last member
                    unpacker = zlib.decompressobj(_GZIP_WINDOW)
                block = unpacker.decompress(data, _UNPACKED_CHUNK)
                size += len(block)
                budget.check(size)
                if block:
                    yield block
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        while not unpacker.eof and (block := unpacker.decompress(b"", _UNPACKED_CHUNK)):
            size += len(block)
            budget.check(size)
            yield block
    except zlib.error as error:
        raise DocumentDamaged(f"the gzip data is broken: {error}.", where=where) from None
    if not unpacker.eof:
        raise DocumentDamaged("the gzip data is truncated: it ends before its trailer.", where=where)


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _BLOCK):
            yield chunk[start : start + _BLOCK]


def peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes (fewer at the end of the data), and all of it again."""
    iterator = iter(chunks)
    head: list[bytes] = []
    while sum(map(len, head)) < size:
        chunk = next(iterator, None)
        if chunk is None:
            break
        head.append(chunk)

    def again() -> Iterator[bytes]:
        yield from head
        yield from iterator

    return b"".join(head)[:size], again()
