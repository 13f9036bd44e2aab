"""Tunes the C allocator for reading a document block by block."""

from __future__ import annotations

from functools import cache

_LARGE = 16 << 20


@cache
def keep_freed_memory() -> None:
    """Let the C library keep the memory that one block freed for the next one.

    glibc returns memory to the system if more is free at the end of its heap than twice the largest block it
    has ever freed. Blocks of documents are about that large, so each would be fetched again page by page, an
    eighth of the reading time. Allocating and freeing one large block raises that bound to 32 MB. With other
    C libraries this has no effect.
    """
    bytes(_LARGE)
