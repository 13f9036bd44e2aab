"""`deprecations`: what Amazon removes, when, and which reports use it."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, date, datetime
from typing import Any

from sellerops.cli.tables import print_table
from sellerops.settings.deprecations import DeprecationUse, load_deprecations, touched
from sellerops.settings.specs import enabled_specs


def add(commands: Any) -> None:
    parser = commands.add_parser("deprecations", help="what Amazon removes, when, and which reports use it")
    parser.add_argument("--used", action="store_true", help="only those that a report uses")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    today = datetime.now(UTC).date()
    found = [one for one in touched(load_deprecations(), enabled_specs()) if one.reports or not options.used]
    if options.json:
        print(json.dumps([_as_json(one, today) for one in found], indent=2))
        return 0
    rows = [
        (
            one.deprecation.name,
            one.deprecation.kind.value,
            _when(one, today),
            ", ".join(one.reports) or "-",
            one.deprecation.replacement or "-",
            one.deprecation.source,
        )
        for one in found
    ]
    header = ("name", "kind", "removed", "used by", "replacement", "source")
    print_table(header, rows, empty="No report uses anything that Amazon removes.")
    return 0


def _when(one: DeprecationUse, today: date) -> str:
    left = one.deprecation.days_left(today)
    if left is None:
        return "yes" if one.deprecation.is_removed else "no date announced"
    return f"{one.deprecation.removed_on} ({f'in {left} d' if left > 0 else f'{-left} d ago'})"


def _as_json(one: DeprecationUse, today: date) -> dict[str, Any]:
    each = one.deprecation
    return {
        "name": each.name,
        "kind": each.kind.value,
        "removed_on": each.removed_on.isoformat() if each.removed_on else None,
        "is_gone": each.is_gone(today),
        "days_left": each.days_left(today),
        "used_by": list(one.reports),
        "replacement": each.replacement,
        "source": each.source,
    }
