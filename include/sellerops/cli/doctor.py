"""`doctor`: what is wrong with this installation, and how to fix it."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import RetryableError, SellerOpsError
from sellerops.cli.airflow import AIRFLOW_SECONDS, has_airflow, in_airflow
from sellerops.cli.replay import archive_uri
from sellerops.cli.warehouse import collector_conninfo, reader_conninfo
from sellerops.doctor.finding import Finding, State, worst
from sellerops.doctor.installation import Installation
from sellerops.doctor.registry import CHECKS
from sellerops.doctor.running import run_checks

_OF_AIRFLOW = "sellerops_airflow.doctor"
_WIDTH = 98


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        help="what is wrong with this installation, and how to fix it",
        description="Checks databases, migrations, Airflow's components, accounts' tokens, late reports and "
        "more. Changes nothing and calls nobody but your own databases and archive. Exit code 1 if a check "
        "failed, 0 if all are ok or warn.",
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    # Before the checks, because asking Airflow for an address takes longer than a check may take.
    addresses = [_asked(each) for each in (collector_conninfo, reader_conninfo, lambda: archive_uri(None))]
    installation = Installation(*addresses)
    findings = [*run_checks(CHECKS, installation), *_airflow_findings()]
    if options.json:
        print(json.dumps([_as_typed(each) for each in findings], indent=2))
    else:
        _print(findings)
    return 1 if worst(findings) is State.FAILED else 0


def _asked(address: Callable[[], str]) -> Callable[[], str]:
    """Ask for the address now; the returned function returns it, or raises the error that asking raised."""
    try:
        found = address()
    except SellerOpsError as error:
        refused = error

        def refuse() -> str:
            raise refused

        return refuse
    return lambda: found


def _airflow_findings() -> Iterable[Finding]:
    """The findings of the checks that need Airflow; they run in Airflow's own environment."""
    if not has_airflow():
        return [
            Finding(
                "airflow",
                State.WARNING,
                "The environment does not point to an Airflow, so its checks were skipped.",
                "Start `make demo` in another terminal, or set AIRFLOW_HOME to your Airflow's.",
            )
        ]
    try:
        done = in_airflow(["-m", _OF_AIRFLOW])
        return [Finding(**each) for each in json.loads(done.stdout.splitlines()[-1])]
    except RetryableError:
        return [_unanswered(f"Its checks did not answer within {AIRFLOW_SECONDS} s.")]
    except (IndexError, ValueError, TypeError):
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return [_unanswered(f"Its checks cannot be run: {last}")]


def _unanswered(what: str) -> Finding:
    return Finding("airflow", State.FAILED, what, "Run `airflow db check` for details.")


def _print(findings: list[Finding]) -> None:
    width = max(len(each.check) for each in findings) + 2
    for each in findings:
        label = each.state if each.state is State.OK else each.state.upper()
        lines = [each.what, f"Next: {commands_as_typed(each.remedy)}"] if each.remedy else [each.what]
        first, *rest = [part for line in lines for part in textwrap.wrap(line, _WIDTH - 9 - width)]
        print(f"{label:<9}{each.check:<{width}}{first}")
        for part in rest:
            print(" " * (9 + width) + part)
    bad = sum(each.state is State.FAILED for each in findings)
    warned = sum(each.state is State.WARNING for each in findings)
    print(f"\n{len(findings)} findings: {bad} failed, {warned} warnings.")


def _as_typed(finding: Finding) -> dict[str, str]:
    return {**asdict(finding), "remedy": commands_as_typed(finding.remedy)}
