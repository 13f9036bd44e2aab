"""Gzip unpacked as it comes, however often it is packed, within the limits of size, ratio and time."""

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

# A connection that drips never runs into the read time-out; a whole document gets two hours.
WHOLE_TIMEOUT = 7_200.0
_UNPACKED_CHUNK = 1 << 20
# zlib copies what it has not used yet: with small slices thousands of members in one chunk stay cheap.
_SLICE = 16 * 1024
_GZIP_WINDOW = 31  # zlib: a gzip header and trailer are expected
_GZIP_MAGIC = b"\x1f\x8b"


def decompressed(chunks: Iterable[bytes], where: str, *, seconds: float = WHOLE_TIMEOUT) -> Iterator[bytes]:
    """The innermost bytes of ``chunks``: each gzip layer is known by its magic bytes and checked to its
    trailer.

    Labels are not asked: an object stored as gzip may also be sent with Content-Encoding, and a plain one be
    announced as GZIP. Report documents are text, so none begins with gzip's magic itself.
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
        f"the document is packed more than {MAX_GZIP_LAYERS} times.", where=where, limit="MAX_GZIP_LAYERS"
    )


class _Budget:
    """What a download may grow to, on each of its layers, and until when."""

    def __init__(self, where: str, deadline: float) -> None:
        self._where, self._deadline = where, deadline
        self._packed = 0

    def counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """``chunks``, which are what came over the wire."""
        for chunk in chunks:
            self._packed += len(chunk)
            self.check(self._packed)
            yield chunk

    def check(self, size: int) -> None:
        """Raise when a layer of ``size`` bytes so far is larger, or took longer, than is allowed."""
        if size > LARGEST_DOCUMENT:
            raise LimitExceeded(
                f"the document is larger than {megabytes(LARGEST_DOCUMENT)}.",
                where=self._where,
                limit="LARGEST_DOCUMENT",
            )
        if size > max(SURELY_SMALL, self._packed * MAX_UNPACK_RATIO):
            raise LimitExceeded(
                f"{self._packed} bytes unpack to more than {megabytes(size)}, over {MAX_UNPACK_RATIO} times "
                "as much: this is no report.",
                where=self._where,
                limit="MAX_UNPACK_RATIO",
            )
        if time.monotonic() > self._deadline:
            raise AmazonUnavailable("the download takes too long to unpack.", where=self._where)


def _gunzip(chunks: Iterable[bytes], where: str, budget: _Budget) -> Iterator[bytes]:
    """Unpack gzip, all members of it, in pieces of bounded size. DocumentDamaged when it does not end
    properly.
    """
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    size = 0
    try:
        for data in _slices(chunks):
            while data:
                if unpacker.eof:
                    if not data.strip(b"\0"):
                        break  # padding after the last member
                    unpacker = zlib.decompressobj(_GZIP_WINDOW)
                slice_ = unpacker.decompress(data, _UNPACKED_CHUNK)
                size += len(slice_)
                budget.check(size)
                if slice_:
                    yield slice_
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        while not unpacker.eof and (slice_ := unpacker.decompress(b"", _UNPACKED_CHUNK)):
            size += len(slice_)
            budget.check(size)
            yield slice_
    except zlib.error as error:
        raise DocumentDamaged(f"the gzip data is broken: {error}.", where=where) from None
    if not unpacker.eof:
        raise DocumentDamaged("the gzip data is truncated: it ends before its trailer.", where=where)


def _slices(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), _SLICE):
            yield chunk[start : start + _SLICE]


def peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes (fewer at the end of the data), and all of it again."""
    iterator = iter(chunks)
    held: list[bytes] = []
    while sum(map(len, held)) < size:
        chunk = next(iterator, None)
        if chunk is None:
            break
        held.append(chunk)

    def again() -> Iterator[bytes]:
        yield from held
        yield from iterator

    return b"".join(held)[:size], again()
