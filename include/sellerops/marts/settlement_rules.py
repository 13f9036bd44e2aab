"""Maps lines of settlement files that no mart has read to P&L lines, as the mart settlement_line does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

UNMAPPED = "UNMAPPED"
_READ_AS = "AS"


@dataclass(frozen=True)
class Place:
    """Where a line belongs in profit and loss: its P&L line and level."""

    pl_line: str = UNMAPPED
    level: str = UNMAPPED


@dataclass(frozen=True)
class _Rule:
    names: tuple[str, str, str]
    sign: str
    place: Place

    @property
    def letters(self) -> tuple[int, int, int, int]:
        """Sort key: of the rules that fit, the one with the most letters wins, then the one with more letters
        in later names.
        """
        lengths = [len(name.replace("*", "")) for name in self.names]
        return sum(lengths), lengths[2], lengths[1], len(self.sign)

    def fits(self, names: tuple[str, str, str], sign: str) -> bool:
        return self.sign in ("", sign) and all(map(_fits, self.names, names))


class SettlementRules:
    """The rules of ``config/settlement_rules.csv``, as rows of the reference table ``settlement_rule``."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        rules = [
            _Rule(
                (
                    row["transaction_type"].lower(),
                    row["amount_type"].lower(),
                    row["amount_description"].lower(),
                ),
                row["sign"],
                Place(row["pl_line"], row["level"]),
            )
            for row in rows
        ]
        self._read_as = {
            rule.names[0]: rule.place.pl_line.lower().removeprefix("as ")
            for rule in rules
            if rule.place.level == _READ_AS
        }
        self._rules = sorted(
            (rule for rule in rules if rule.place.level != _READ_AS),
            key=lambda rule: rule.letters,
            reverse=True,
        )
        self._known: dict[tuple[tuple[str, str, str], str], Place] = {}

    def place(
        self, transaction_type: str | None, amount_type: str | None, description: str | None, amount: Decimal
    ) -> Place:
        """The place of a line; ``UNMAPPED`` if no rule fits."""
        first, second, third = map(_key, (transaction_type, amount_type, description))
        names = (self._read_as.get(first, first), second, third)
        sign = "-" if amount < 0 else "+"
        if (names, sign) not in self._known:
            found = next((rule.place for rule in self._rules if rule.fits(names, sign)), Place())
            self._known[names, sign] = found
        return self._known[names, sign]


def _key(text: str | None) -> str:
    return (text or "").strip(" ").lower() or "(blank)"


def _fits(pattern: str, name: str) -> bool:
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern or (pattern.startswith("*") and name.endswith(pattern[1:]))
