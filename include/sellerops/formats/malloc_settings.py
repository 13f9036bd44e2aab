"""The memory that blocks of a document take one after the other."""

from __future__ import annotations

from functools import cache

_LARGE = 16 << 20


@cache
def keep_freed_memory() -> None:
    """Let the C library keep what a block has freed for the next one.

    glibc gives memory back to the system when more lies free at the end of its heap than twice the largest
    block it has ever freed. Blocks of documents are about as large, so each would be fetched anew page by
    page, an eighth of the time of reading. One large block that nobody touches, freed once, raises that
    bound to 32 MB. Elsewhere this does nothing.
    """
    bytes(_LARGE)
