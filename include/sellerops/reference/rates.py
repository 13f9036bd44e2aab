"""Computes daily exchange rates from published, pegged and given rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Any

EURO = "EUR"
Series = Mapping[str, Mapping[date, Decimal]]  # currency -> day -> units for one euro
_DIGITS = Context(prec=12)


@dataclass(frozen=True)
class Peg:
    """A fixed rate: one ``to`` is ``rate`` units of ``currency``, from ``valid_from`` on."""

    currency: str
    to: str
    rate: Decimal
    valid_from: date


@dataclass(frozen=True)
class Given:
    """A rate that a person gave: one ``from_currency`` in ``to_currency``."""

    day: date
    from_currency: str
    to_currency: str
    rate: Decimal


@dataclass(frozen=True)
class _Known:
    """The newest value known on a day (units for one euro, or a pair's rate), and where it comes from."""

    value: Decimal
    day: date
    source: str


def filled_rates(
    published: Series,
    currencies: Iterable[str],
    first: date,
    last: date,
    *,
    pegs: Sequence[Peg] = (),
    given: Sequence[Given] = (),
    refuse_after: int = 30,
) -> Iterator[dict[str, Any]]:
    """Rows of table ``fx_rate``: each pair of ``currencies`` on each day from ``first`` to ``last``.

    A day without a rate uses the newest earlier one that is at most ``refuse_after`` days old; without such a
    rate, the day has no row. Given rates take precedence, also for the opposite direction; other pairs are
    computed through the euro.
    """
    names = sorted(set(currencies))
    euros: dict[str, _Known] = {}
    pairs: dict[tuple[str, str], _Known] = {}
    by_day: dict[date, list[Given]] = {}
    for each in given:
        by_day.setdefault(each.day, []).append(each)
    needed = {*names, *(peg.to for peg in pegs), *(each.to_currency for each in given)}
    needed |= {each.from_currency for each in given}
    oldest = timedelta(days=refuse_after)
    for number in range(-refuse_after, (last - first).days + 1):
        day = first + timedelta(days=number)
        _take_published(euros, published, needed, day)
        for each in by_day.get(day, ()):
            _take_given(pairs, each)
        if day >= first:
            fresh = {name: known for name, known in euros.items() if day - known.day <= oldest}
            fresh[EURO] = _Known(Decimal(1), day, "same")
            current = {pair: known for pair, known in pairs.items() if day - known.day <= oldest}
            _add_pegged(fresh, pegs, day)
            _add_given(fresh, current)
            yield from _rows(names, fresh, current, day)


def _take_published(euros: dict[str, _Known], published: Series, needed: Iterable[str], day: date) -> None:
    for name in needed:
        value = published.get(name, {}).get(day)
        if value is not None:
            euros[name] = _Known(value, day, "ecb")


def _take_given(pairs: dict[tuple[str, str], _Known], each: Given) -> None:
    pairs[each.from_currency, each.to_currency] = _Known(each.rate, each.day, "given")
    opposite = pairs.get((each.to_currency, each.from_currency))
    if opposite is None or opposite.day < each.day:
        inverse = _DIGITS.divide(Decimal(1), each.rate)
        pairs[each.to_currency, each.from_currency] = _Known(inverse, each.day, "given")


def _add_pegged(fresh: dict[str, _Known], pegs: Sequence[Peg], day: date) -> None:
    for peg in sorted(pegs, key=lambda each: each.valid_from):
        base, already = fresh.get(peg.to), fresh.get(peg.currency)
        if base and peg.valid_from <= day and (already is None or already.source == "peg"):
            fresh[peg.currency] = _Known(base.value * peg.rate, base.day, "peg")


def _add_given(fresh: dict[str, _Known], current: Mapping[tuple[str, str], _Known]) -> None:
    """Add currencies that only given rates connect to the euro, directly or through another currency."""
    for (from_currency, to_currency), known in sorted(current.items()):
        base = fresh.get(to_currency)
        if base and from_currency not in fresh:
            value = _DIGITS.divide(base.value, known.value)
            fresh[from_currency] = _Known(value, min(base.day, known.day), "given")


def _rows(
    names: Sequence[str],
    fresh: Mapping[str, _Known],
    current: Mapping[tuple[str, str], _Known],
    day: date,
) -> Iterator[dict[str, Any]]:
    for one in names:
        for other in names:
            known = _pair(one, other, fresh, current, day)
            if known:
                yield {
                    "day": day,
                    "from_currency": one,
                    "to_currency": other,
                    "rate": known.value,
                    "source": known.source,
                    "age_days": (day - known.day).days,
                }


def _pair(
    one: str,
    other: str,
    fresh: Mapping[str, _Known],
    current: Mapping[tuple[str, str], _Known],
    day: date,
) -> _Known | None:
    if one == other:
        return _Known(Decimal(1), day, "same")
    if (one, other) in current:
        return current[one, other]
    base, quote = fresh.get(one), fresh.get(other)
    if base is None or quote is None:
        return None
    sources = {base.source, quote.source} - {"same"}
    source = "given" if "given" in sources else "peg" if "peg" in sources else "ecb"
    return _Known(_DIGITS.divide(quote.value, base.value), min(base.day, quote.day), source)
