"""Random streams that depend on nothing but their key.

Every random figure of the simulation is drawn from a stream whose key states what it describes: seed,
account, marketplace, day, SKU and purpose. The same seed therefore gives the same history in any process and
in any order, and a day can be generated without the days before it. Neither Python's hash(), which is
randomised per process, nor a global generator, which depends on call order, is used.
"""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
Key = str | int

_EIGHT = struct.Struct("<8Q")
_UNIT = 2.0**-53

UPPER_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEX = "0123456789abcdef"


_BETWEEN = "\x1f"


def _digest(key: Sequence[Key], size: int) -> bytes:
    return blake2b(_BETWEEN.join(map(str, key)).encode(), digest_size=size).digest()


def number(*key: Key) -> int:
    """A 64-bit number for `key`."""
    return int.from_bytes(_digest(key, 8), "little")


def uniforms(*key: Key) -> tuple[float, ...]:
    """Eight numbers in [0, 1) for `key`; about four times cheaper than a `stream`."""
    return _eight(_digest(key, 64))


class Root:
    """A prefix shared by many keys. ``Root("a", 1).uniforms("b")`` equals ``uniforms("a", 1, "b")`` in half
    the time.
    """

    __slots__ = ("_hash",)

    def __init__(self, *key: Key) -> None:
        self._hash = blake2b(_BETWEEN.join((*map(str, key), "")).encode(), digest_size=64)

    def uniforms(self, *rest: str) -> tuple[float, ...]:
        """Eight numbers in [0, 1) for the root's key followed by ``rest``."""
        whole = self._hash.copy()
        whole.update(_BETWEEN.join(rest).encode())
        return _eight(whole.digest())


def _eight(digest: bytes) -> tuple[float, ...]:
    # Unrolled: a loop would take as long as all the rest, and a day needs thousands of keys.
    a, b, c, d, e, f, g, h = _EIGHT.unpack(digest)
    return (
        (a >> 11) * _UNIT, (b >> 11) * _UNIT, (c >> 11) * _UNIT, (d >> 11) * _UNIT,
        (e >> 11) * _UNIT, (f >> 11) * _UNIT, (g >> 11) * _UNIT, (h >> 11) * _UNIT,
    )  # fmt: skip


def stream(*key: Key) -> random.Random:
    """A generator for `key`. Only `.random()` is used: its sequence is the same in every Python version."""
    return random.Random(number(*key))


def token(alphabet: str, length: int, *key: Key) -> str:
    """A string of `length` characters from `alphabet` for `key`."""
    rng = stream(*key)
    return "".join(pick(rng.random(), alphabet) for _ in range(length))


def pick(uniform: float, choices: Sequence[T]) -> T:
    """The choice at `uniform` in [0, 1)."""
    return choices[int(uniform * len(choices))]


def between(uniform: float, low: float, high: float) -> float:
    """`uniform` in [0, 1) scaled to [low, high)."""
    return low + uniform * (high - low)


def poisson(uniform: float, mean: float) -> int:
    """The Poisson quantile at `uniform`, by inversion, so that each result consumes exactly one random
    number.
    """
    if mean <= 0.0:
        return 0
    if mean > 60.0:
        return max(0, round(mean + math.sqrt(mean) * _normal(uniform)))
    probability = math.exp(-mean)
    count, total = 0, probability
    while uniform > total and probability > 1e-15:
        count += 1
        probability *= mean / count
        total += probability
    return count


def _normal(uniform: float) -> float:
    """Approximate standard normal quantile (logistic form, error below 0.02 inside three sigma)."""
    clipped = min(max(uniform, 1e-6), 1 - 1e-6)
    return math.log(clipped / (1 - clipped)) / 1.702


def shuffled(items: Sequence[T], rng: random.Random, count: int | None = None) -> list[T]:
    """The first `count` (default all) of a random order of `items`."""
    pool = list(items)
    wanted = len(pool) if count is None else min(count, len(pool))
    for index in range(wanted):
        other = index + int(rng.random() * (len(pool) - index))
        pool[index], pool[other] = pool[other], pool[index]
    return pool[:wanted]
