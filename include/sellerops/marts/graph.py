"""How marts depend on each other: the build order, and what a change of an input affects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from graphlib import CycleError, TopologicalSorter

from sellerops.base.errors import ConfigurationError
from sellerops.marts.hours import hours_from_utc
from sellerops.marts.specs import MartSpec
from sellerops.settings.mart_tables import Span

_DAY = timedelta(days=1)
# Day columns of partitions that are longer than a day, and whether a day begins one.
_PERIODS: Mapping[str, Callable[[date], bool]] = {
    "month_first": lambda day: day.day == 1,
    "part_first": lambda day: day.day in (1, 9, 17, 25),
    "week_monday": lambda day: day.weekday() == 0,
}


def in_build_order(marts: Iterable[MartSpec]) -> list[MartSpec]:
    """Sort inputs before the marts that read them, else by name. Raises ConfigurationError for a cycle."""
    by_name = {mart.name: mart for mart in sorted(marts, key=lambda each: each.name)}
    edges = {name: [one for one in mart.marts_read if one in by_name] for name, mart in by_name.items()}
    try:
        return [by_name[name] for name in TopologicalSorter(edges).static_order()]
    except CycleError as error:
        raise ConfigurationError(
            f"marts read each other in a circle: {' -> '.join(error.args[1])}.",
            where="include/marts",
            remedy="Move what both need into a mart of its own.",
        ) from error


def readers(marts: Iterable[MartSpec], name: str) -> list[MartSpec]:
    """The marts that read an input directly."""
    return [mart for mart in marts if name in mart.inputs]


def searched_columns(marts: Iterable[MartSpec]) -> dict[str, set[str]]:
    """The landed tables that marts read, each with the columns by which loads and days are searched."""
    found: dict[str, set[str]] = {}
    for mart in marts:
        for name, given in mart.inputs.items():
            if "." in name and not name.startswith("reference."):
                columns = ("load_id", given.day, given.moment)
                found.setdefault(name, set()).update(each for each in columns if each)
    return found


def affected(mart: MartSpec, name: str, changed: Span) -> Span:
    """The partitions of ``mart`` to rebuild when rows in ``changed`` of its input ``name`` have changed.

    A day of the mart reads ``before`` earlier and ``after`` later days of the input, so a changed day affects
    ``after`` earlier and ``before`` later days of the mart.
    """
    given = mart.inputs[name]
    before, after = given.reach
    if given.since:
        span = replace(changed, last_day=None)
    elif given.is_local:
        span = hours_from_utc(changed.account_id).local(changed).widened(given.after, given.before)
    elif given.day or given.moment:
        span = changed.widened(after, before)
    else:
        span = Span(changed.account_id, changed.marketplace_id)
    if not (given.marketplace and mart.has_marketplace):
        span = replace(span, marketplace_id=None)
    return _of_periods(mart.day, span) if mart.day else replace(span, first_day=None, last_day=None)


def _of_periods(day: str, span: Span) -> Span:
    """For a mart by months or weeks, narrow a span to the first and last period that begin in it.

    The narrower span rebuilds the same rows, but does not read the inputs of the surrounding periods.
    """
    begins = _PERIODS.get(day)
    if not (begins and span.first_day and span.last_day):
        return span
    days = (span.first_day + _DAY * number for number in range((span.last_day - span.first_day).days + 1))
    found = [each for each in days if begins(each)]
    return replace(span, first_day=found[0], last_day=found[-1]) if found else span


def unknown_days(marts: Iterable[MartSpec]) -> list[ConfigurationError]:
    """Errors of marts that read another mart by a day for which that mart does not report changes."""
    by_name = {mart.name: mart for mart in marts}
    found = []
    for mart in by_name.values():
        for name in mart.marts_read:
            day, read = mart.inputs[name].day, by_name.get(name)
            if day and read and read.day and day not in (read.day, *read.lookup_days):
                found.append(
                    ConfigurationError(
                        f"it reads {name} by {day}, whose changed days {name} does not report.",
                        where=f"include/marts/{mart.name}.sql",
                        remedy=f"Add `lookup_days: [{day}]` to the header of include/marts/{name}.sql.",
                    )
                )
    return found


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same partitions in as few spans as possible: no overlaps, and neighbouring days are joined."""
    groups: dict[tuple[str, str | None], list[Span]] = {}
    for span in sorted(set(spans), key=_sort_key):
        groups.setdefault((span.account_id, span.marketplace_id), []).append(span)
    joined = {key: _joined(members) for key, members in groups.items()}
    return [span for key in joined for span in _without_covered(key, joined)]


def bounded(spans: Sequence[Span], most: int) -> list[Span]:
    """The spans themselves, or one per account that covers all its spans if there are more than ``most``."""
    if len(spans) <= most:
        return list(spans)
    found: dict[str, Span] = {}
    for span in spans:
        known = found.get(span.account_id, replace(span, marketplace_id=None))
        found[span.account_id] = Span(
            span.account_id,
            None,
            _earlier(known.first_day, span.first_day),
            _later(known.last_day, span.last_day),
        )
    return list(found.values())


def in_pieces(span: Span, first: date, last: date, most: int) -> list[Span]:
    """Cut the span into at most ``most`` pieces, with equally many of the days from ``first`` to ``last``.

    The outer pieces keep the span's bounds, so no day is left out.
    """
    begin, end = max(span.first_day or first, first), min(span.last_day or last, last)
    days = (end - begin).days + 1
    length = max(1, -(-days // most))
    starts = [begin + timedelta(days=number) for number in range(0, max(days, 1), length)]
    bounds = [span.first_day, *starts[1:]]
    ends = [*(start - _DAY for start in starts[1:]), span.last_day]
    return [replace(span, first_day=one, last_day=other) for one, other in zip(bounds, ends, strict=True)]


def _joined(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: each.first_day or date.min):
        if found and _touch(found[-1], span):
            found[-1] = replace(found[-1], last_day=_later(found[-1].last_day, span.last_day))
        else:
            found.append(span)
    return found


def _touch(earlier: Span, later: Span) -> bool:
    if earlier.last_day is None or later.first_day is None:
        return True
    return later.first_day.toordinal() <= earlier.last_day.toordinal() + 1


def _earlier(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else min(one, other)


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


def _without_covered(
    key: tuple[str, str | None], joined: Mapping[tuple[str, str | None], list[Span]]
) -> list[Span]:
    """The spans of a marketplace without the days that the account's spans for all marketplaces cover."""
    account_id, marketplace_id = key
    found = joined[key]
    if marketplace_id is not None:
        for one in joined.get((account_id, None), []):
            found = [rest for span in found for rest in _without_days(span, one)]
    return found


def _without_days(span: Span, other: Span) -> Iterator[Span]:
    """What is left of ``span`` before the first day of ``other``, and after its last."""
    if other.first_day is not None:
        last = other.first_day - _DAY
        if span.first_day is None or span.first_day <= last:
            yield replace(span, last_day=last if span.last_day is None else min(span.last_day, last))
    if other.last_day is not None:
        first = other.last_day + _DAY
        if span.last_day is None or span.last_day >= first:
            yield replace(span, first_day=first if span.first_day is None else max(span.first_day, first))


def _sort_key(span: Span) -> tuple[str, str, date, date]:
    return span.account_id, span.marketplace_id or "", span.first_day or date.min, span.last_day or date.max
