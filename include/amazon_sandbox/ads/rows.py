"""Builds the rows of a report from a storefront's days of advertising, and writes them as a JSON array."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from amazon_sandbox.ads.content import changed
from amazon_sandbox.ads.dimensions import Key, column, key_of, keyword_type
from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.ads.sums import ReportScope, Row
from amazon_sandbox.reports.render import Rendered, RenderJob, write_file
from amazon_sandbox.simulation import Simulation
from amazon_sandbox.simulation.ads_credits import Credit
from amazon_sandbox.simulation.ads_structure import SB
from amazon_sandbox.simulation.ads_traffic import Part, known_of, seen
from amazon_sandbox.simulation.storefront import Storefront

CONTENT_TYPE = "application/json"
ROWS_PER_CHUNK = 500
PURCHASED = ("spPurchasedProduct", "sbPurchasedProduct", "sdPurchasedProduct")
WITH_CLICKS = ("spSearchTerm", "sbSearchTerm")


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """A report request; both days are included, and are days in the profile's time zone."""

    type_id: str
    group_by: tuple[str, ...]
    columns: tuple[str, ...]
    is_daily: bool
    start: date
    end: date
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def as_json(self) -> str:
        """The request as text, for an option of a render job."""
        return json.dumps(
            {
                "type_id": self.type_id,
                "group_by": self.group_by,
                "columns": self.columns,
                "is_daily": self.is_daily,
                "start": self.start.isoformat(),
                "end": self.end.isoformat(),
                "filters": self.filters,
            }
        )


def from_json(text: str) -> ReportQuery:
    """Read what `as_json` wrote."""
    parsed = json.loads(text)
    return ReportQuery(
        parsed["type_id"],
        tuple(parsed["group_by"]),
        tuple(parsed["columns"]),
        parsed["is_daily"],
        date.fromisoformat(parsed["start"]),
        date.fromisoformat(parsed["end"]),
        tuple((field, tuple(values)) for field, values in parsed["filters"]),
    )


def write(simulation: Simulation, job: RenderJob) -> Rendered | None:
    """Write a report; an empty array when there are no rows."""
    options = dict(job.options)
    wanted = from_json(options["wanted"])
    storefront = simulation.storefront(simulation.seller(job.account), job.marketplace_ids[0]).generated
    rows: Iterable[dict[str, Any]] = report_rows(storefront, wanted, int(job.as_of.timestamp()))
    for name, settings in job.transforms:
        rows = changed(rows, name, dict(settings))
    return write_file(job, json_array(rows), CONTENT_TYPE)


def json_array(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A JSON array, a few hundred rows at a time."""
    waiting: list[str] = []
    start = "["
    for row in rows:
        waiting.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        if len(waiting) == ROWS_PER_CHUNK:
            yield (start + ",".join(waiting)).encode()
            waiting, start = [], ","
    if waiting:
        yield (start + ",".join(waiting)).encode()
        start = ","
    yield b"]" if start == "," else b"[]"


def report_rows(storefront: Storefront, wanted: ReportQuery, now: int) -> Iterator[dict[str, Any]]:
    """The rows of a report as known at `now` (epoch seconds), with exactly the requested columns."""
    made = [(name, column(wanted.type_id, name)) for name in wanted.columns]
    for row in summed(storefront, wanted, now):
        yield {name: value(row) for name, value in made}


def summed(storefront: Storefront, wanted: ReportQuery, now: int) -> Iterator[Row]:
    """The rows of a report before its columns are computed, by date and then in the order of the entities."""
    scope = ReportScope(storefront, wanted.start.isoformat(), wanted.end.isoformat())
    summary: dict[Key, Row] = {}
    for ordinal in range(wanted.start.toordinal(), wanted.end.toordinal() + 1):
        if now <= storefront.marketplace.day_bounds(ordinal)[0]:
            break
        rows: dict[Key, Row] = {} if wanted.is_daily else summary
        day = date.fromordinal(ordinal).isoformat() if wanted.is_daily else None
        _add_day(scope, wanted, ordinal, now, day, rows)
        if wanted.is_daily:
            yield from rows.values()
    yield from summary.values()


def _add_day(
    scope: ReportScope, wanted: ReportQuery, ordinal: int, now: int, day: str | None, rows: dict[Key, Row]
) -> None:
    product = report_types()[wanted.type_id].ad_product
    keys = [key_of(wanted.type_id, group) for group in wanted.group_by]
    is_wanted = _filter(scope.storefront, wanted)
    whole, known = known_of(scope.storefront, ordinal, now)
    shown: dict[tuple[int, int], Part] = {}
    for part in whole.parts:
        if part.ad.group.campaign.product != product or not is_wanted(part):
            continue
        known_part = seen(scope.storefront, ordinal, part, now)
        if known_part is None or (wanted.type_id in WITH_CLICKS and not known_part.clicks):
            continue
        shown[part.ad.id, part.target.id] = part
        if wanted.type_id not in PURCHASED:
            _row(scope, rows, keys, part, day).add(part, known_part)
    for credit in known:
        credited = shown.get((credit.ad.id, credit.target.id))
        if credited is None:
            continue
        if wanted.type_id not in PURCHASED:
            _row(scope, rows, keys, credited, day).credits.append(credit)
        elif product == SB or not credit.is_same:
            _row(scope, rows, keys, credited, day, credit).credits.append(credit)


def _row(
    scope: ReportScope,
    rows: dict[Key, Row],
    keys: list[Callable[[Part], Key]],
    part: Part,
    day: str | None,
    bought: Credit | None = None,
) -> Row:
    key: Key = keys[0](part) if len(keys) == 1 else tuple(item for make in keys for item in make(part))
    if bought is not None:
        key = (*key, bought.bought.asin, bought.is_same)
    row = rows.get(key)
    if row is None:
        row = rows[key] = Row(scope, part, day, bought)
    return row


def _filter(storefront: Storefront, wanted: ReportQuery) -> Callable[[Part], bool]:
    """Which parts a report includes: those its filters keep, and in prompt reports those with a prompt."""
    tests: list[Callable[[Part], bool]] = []
    for field, values in wanted.filters:
        tests.append(_TESTS[field](storefront, frozenset(values)))
    if wanted.type_id.endswith("PromptAdExtension"):
        has_prompts = storefront.marketplace.country == "US"  # available in that marketplace only
        tests.append(lambda part: has_prompts and part.placement.startswith("Detail"))
    if "matchedTarget" in wanted.group_by:
        tests.append(lambda part: part.target.kind != "keyword")
    return lambda part: all(test(part) for test in tests)


_Test = Callable[[Storefront, frozenset[str]], Callable[[Part], bool]]
_TESTS: dict[str, _Test] = {
    "campaignStatus": lambda storefront, values: lambda part: part.ad.group.campaign.state in values,
    "adStatus": lambda storefront, values: lambda part: part.ad.state in values,
    "adCreativeStatus": lambda storefront, values: lambda part: part.ad.state in values,
    "adKeywordStatus": lambda storefront, values: lambda part: part.target.state in values,
    "keywordType": lambda storefront, values: lambda part: keyword_type(part.target) in values,
    "marketplaceId": lambda storefront, values: lambda part: storefront.marketplace.country in values,
    # The seller does not advertise on Amazon Business.
    "campaignSite": lambda storefront, values: lambda part: False,
}
