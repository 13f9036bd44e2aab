"""Quick looks at the bytes of a whole column of text, without reading its values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Where more values than one of so many are odd, their form tells more than single characters do.
_FEW = 50


def content(values: pa.Array) -> bytes:
    """The bytes of all texts and, where the array is a part of another, of that one's."""
    data = values.buffers()[2]
    return memoryview(data).tobytes() if data is not None else b""


def longest(values: pa.Array) -> int:
    """Bytes of the longest text; 0 without any."""
    return pc.max(pc.binary_length(values)).as_py() or 0


def has_only(values: pa.Array, characters: bytes) -> bool:
    """Whether no text has other ``characters``; may be wrong about a part of a larger array, saying no."""
    return not content(values).translate(None, characters)


def made_of(characters: bytes) -> Callable[[pa.Array], pa.Array | None]:
    """Which texts of a column have no other ``characters``; None where that tells nothing."""
    is_other = np.ones(256, dtype=bool)
    is_other[list(characters)] = False

    def look(values: pa.Array) -> pa.Array | None:
        others = np.flatnonzero(is_other[np.frombuffer(content(values), np.uint8)])
        if not len(others):
            return None
        # Place 0 and the last one take what stands before and behind the part of a larger array.
        is_easy = np.ones(len(values) + 2, dtype=bool)
        is_easy[np.searchsorted(_offsets(values), others, side="right")] = False
        odd = len(values) - np.count_nonzero(is_easy[1:-1])
        return pa.array(is_easy[1:-1]) if 0 < odd <= len(values) // _FEW else None

    return look


def _offsets(values: pa.Array) -> np.ndarray:
    return np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values) + 1]
