"""`specs check|list|docs|show`: check and show the report specs before Airflow reads them."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sellerops.cli.tables import print_table
from sellerops.preflight.configuration import all_problems
from sellerops.settings.accounts import load_accounts
from sellerops.settings.deprecations import load_deprecations, removed_uses
from sellerops.settings.specs import load_spec, load_specs
from sellerops.settings.specs.durations import format_duration
from sellerops.settings.specs.portal_files import portal_files_page
from sellerops.settings.specs.report_list import overview

_PAGES = {"reports": overview, "portal-files": portal_files_page}


def add(commands: Any) -> None:
    parser = commands.add_parser("specs", help="check and show the report specs")
    actions = parser.add_subparsers(required=True, metavar="action")
    check = actions.add_parser("check", help="validate all configuration files")
    check.add_argument("--dir", type=Path, help="folder of specs (default: the configured one)")
    check.set_defaults(run=_check)
    actions.add_parser("list", help="all reports, one per line").set_defaults(run=_list)
    docs = actions.add_parser("docs", help="print docs/reports.md, or another generated page")
    docs.add_argument("page", nargs="?", choices=sorted(_PAGES), default="reports", help="default: reports")
    docs.set_defaults(run=_docs)
    show = actions.add_parser("show", help="the effective spec, with defaults")
    show.add_argument("report")
    show.set_defaults(run=_show)


def _check(options: argparse.Namespace) -> int:
    specs, failures = load_specs(options.dir)
    errors = [each.error for each in failures] if options.dir else [each.error for each in all_problems()]
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    accounts = load_accounts()
    today, deprecations = datetime.now(UTC).date(), load_deprecations()
    for spec in specs:
        for gone in removed_uses(spec, today, deprecations):
            instead = f"; use {gone.replacement}" if gone.replacement else ""
            print(f"warning: {spec.path}: Amazon has removed {gone.name}{instead}", file=sys.stderr)
    sound = len(specs) - sum(each.is_kept for each in failures)
    off = [spec for spec in specs if not spec.is_on]
    for reason in sorted({spec.off_because for spec in off if spec.enabled}):
        names = ", ".join(spec.name for spec in off if spec.off_because == reason)
        print(f"off: {names}: {reason}")
    print(f"{sound} valid ({len(off)} switched off), {len(failures)} invalid, {len(accounts)} accounts.")
    return 1 if errors else 0


def _list(options: argparse.Namespace) -> int:
    specs, failures = load_specs()
    rows = [
        (
            spec.name,
            "on" if spec.is_on else "off",
            spec.report_type,
            spec.scope,
            spec.period.kind.value,
            format_duration(spec.period.lookback),
            ", ".join(spec.tables),
        )
        for spec in specs
    ]
    print_table(
        ("report", "is", "type", "scope", "period", "lookback", "tables"),
        rows,
        empty="No specs are configured.",
    )
    return 1 if failures else 0


def _docs(options: argparse.Namespace) -> int:
    specs, failures = load_specs()
    print(_PAGES[options.page](specs), end="")
    return 1 if failures else 0


def _show(options: argparse.Namespace) -> int:
    spec = load_spec(options.report)
    effective = spec.model_dump(mode="json", by_alias=True, exclude_defaults=False)
    print(f"# {spec.path}")
    print(yaml.safe_dump(effective, sort_keys=False, allow_unicode=True, width=110), end="")
    return 0
