"""Plans which fault happens when, from a seed: the same seed gives the same plan."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

# Seconds between two faults, so that their effects can be told apart.
_QUIET = (8.0, 25.0)


@dataclass(frozen=True)
class Kind:
    """A kind of fault: how many cards it has in the deck, and how long it lasts (in real seconds)."""

    name: str
    cards: int = 1
    shortest: float = 0.0
    longest: float = 0.0


@dataclass(frozen=True)
class Step:
    """One fault, ``at`` seconds after the start, which lasts ``seconds``. ``draw``: seed of its choices."""

    at: float
    kind: str
    seconds: float
    draw: int


def make_plan(
    kinds: Sequence[Kind], seed: int, seconds: float, quiet: tuple[float, float] = _QUIET
) -> tuple[Step, ...]:
    """Plan faults one after another for ``seconds``.

    They are drawn from a shuffled deck, which is used up before it is shuffled again, so that no kind occurs
    too often before the others have occurred.

    :param quiet: minimum and maximum seconds between two faults.
    """
    chance = random.Random(seed)
    deck: list[Kind] = []
    steps: list[Step] = []
    at = quiet[0]
    while True:
        if not deck:
            deck = [kind for kind in kinds for _ in range(kind.cards)]
            chance.shuffle(deck)
        kind = deck.pop()
        lasts = round(chance.uniform(kind.shortest, kind.longest), 1)
        if at + lasts > seconds:
            return tuple(steps)
        steps.append(Step(round(at, 1), kind.name, lasts, chance.getrandbits(32)))
        at += lasts + chance.uniform(*quiet)
