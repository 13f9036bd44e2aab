"""Quick scans of the bytes of a whole text column, without reading its values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# If more than one in this many values is odd, scanning for characters does not pay off: match their form.
_FEW = 50


def content(values: pa.Array) -> bytes:
    """The concatenated bytes of all texts."""
    data = values.buffers()[2]
    if data is None or not len(values):
        return b""
    offsets = _offsets(values)
    return memoryview(data)[offsets[0] : offsets[-1]].tobytes()


def longest(values: pa.Array) -> int:
    """Bytes of the longest text; 0 if there is none."""
    return pc.max(pc.binary_length(values)).as_py() or 0


def has_only(values: pa.Array, characters: bytes) -> bool:
    """Whether all texts consist of ``characters`` only."""
    return not content(values).translate(None, characters)


def contains_any(values: pa.Array, *parts: bytes) -> bool:
    """Whether the concatenated bytes of all texts contain one of ``parts``."""
    texts = content(values)
    return any(part in texts for part in parts)


def made_of(characters: bytes) -> Callable[[pa.Array], pa.Array | None]:
    """A function that masks texts of ``characters`` only, or returns None if all are, or too few for use."""
    is_other = np.ones(256, dtype=bool)
    is_other[list(characters)] = False

    def mask(values: pa.Array) -> pa.Array | None:
        others = np.flatnonzero(is_other[np.frombuffer(content(values), np.uint8)])
        if not len(others):
            return None
        starts = _offsets(values)[:-1]
        is_easy = np.ones(len(values), dtype=bool)
        is_easy[np.searchsorted(starts - starts[0], others, side="right") - 1] = False
        odd = len(values) - np.count_nonzero(is_easy)
        return pa.array(is_easy) if odd <= len(values) // _FEW else None

    return mask


def _offsets(values: pa.Array) -> np.ndarray:
    return np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values) + 1]
