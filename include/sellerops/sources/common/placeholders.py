"""Fills the placeholders of a spec's options with a slice's values; writes times as Amazon does."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta

from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec

_MOVED_DAY = re.compile(r"\{(first_day|last_day)([+-]\d+)d\}")


def options_of(spec: ReportSpec, slice_: Slice) -> dict[str, str]:
    """The spec's options with the slice's days, instants and marketplaces for ``{first_day}`` and the like.

    ``{last_day+120d}`` is 120 days after the last day: queries about the future reach beyond their slice.
    A query's text is one of the options (``query``), because two requests are the same only if it is, too.
    """
    known = {
        "first_day": slice_.first_day or "",
        "last_day": slice_.last_day or "",
        "window_start": iso(slice_.start) if slice_.start else "",
        "window_end": iso(slice_.end) if slice_.end else "",
        "marketplace_id": slice_.marketplace_ids[0],
        "marketplace_ids": json.dumps(slice_.marketplace_ids),
    }

    def moved(match: re.Match[str]) -> str:
        return str(date.fromisoformat(known[match[1]]) + timedelta(days=int(match[2])))

    def filled(template: str) -> str:
        template = _MOVED_DAY.sub(moved, template)
        for name, value in known.items():
            template = template.replace(f"{{{name}}}", value)
        return template

    options = {**spec.request.options, **({"query": spec.request.query} if spec.request.query else {})}
    return {name: filled(template) for name, template in options.items()}


def iso(moment: datetime) -> str:
    """``moment`` as Amazon writes it: UTC, seconds, ``Z``."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
