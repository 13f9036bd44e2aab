"""Tunes the C allocator and the garbage collector for reading a document block by block."""

from __future__ import annotations

import gc
from functools import cache

_LARGE = 16 << 20
# Python's default is 700, less than the number of objects in one of Amazon's transactions.
_OBJECTS = 10_000


@cache
def keep_freed_memory() -> None:
    """Let the C library keep the memory that one block freed for the next one.

    glibc returns memory to the system if more is free at the end of its heap than twice the largest block it
    has ever freed. Blocks of documents are about that large, so each would be requested again page by page,
    which takes an eighth of the reading time. Allocating and freeing one large block raises that bound to
    32 MB. With other C libraries this has no effect.
    """
    bytes(_LARGE)


@cache
def look_seldom_for_garbage() -> None:
    """Make Python look for garbage only after 10,000 new objects or more.

    A block of JSON becomes hundreds of thousands of objects, none of them garbage before the block has been
    read: looking for garbage took a third of the reading time.
    """
    first, second, third = gc.get_threshold()
    if 0 < first < _OBJECTS:
        gc.set_threshold(_OBJECTS, second, third)
