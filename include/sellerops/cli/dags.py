"""`dags unpause` and `dags pause`: switch DAGs on and off, one by one, by family or by source.

It calls the `airflow` command, so it works wherever that works: beside a demo, in a container, on a host.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sellerops.base.commands import as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import has_airflow, in_airflow
from sellerops.settings.specs import ReportSpec, enabled_specs

_Airflow = Callable[..., str]
# Former DAG ids, accepted until 0.2.0: docs/decisions/renamed-dags-and-tasks.md.
RENAMED = {"export__sales_per_shop": "export__sales_by_marketplace_and_day"}


def add(commands: Any) -> None:
    parser = commands.add_parser("dags", help="switch DAGs on and off, one by one or by family")
    actions = parser.add_subparsers(required=True, metavar="action")
    for name, what in (
        ("unpause", "switch on: scheduled and queued runs may start"),
        ("pause", "switch off"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("names", nargs="*", metavar="DAG", help="a DAG id or the name of a report")
        action.add_argument(
            "--family", action="append", default=[], help="all reports of this family; may be repeated"
        )
        action.add_argument(
            "--source",
            action="append",
            default=[],
            help="all reports of this source; with --family, only that family's",
        )
        action.set_defaults(run=_switch, pause=name == "pause")


def _switch(options: argparse.Namespace) -> int:
    return switch(options.names, options.family, options.source, pause=options.pause, airflow=run_airflow)


def switch(
    names: Sequence[str],
    families: Sequence[str],
    sources: Sequence[str],
    *,
    pause: bool,
    airflow: _Airflow,
) -> int:
    """Pause or unpause DAGs and print which. Returns the exit code: 1 if Airflow does not know one of them.

    ``airflow`` runs the `airflow` command with the given arguments and returns its output. Raises
    ConfigurationError for unknown names.
    """
    if not (names or families or sources):
        raise ConfigurationError(
            "no DAG is selected.", remedy="Give DAG ids, report names, --family or --source."
        )
    specs = enabled_specs()
    reports = _reports(specs, families, sources) if families or sources else []
    known = _paused_by_dag(airflow)
    wanted = [spec.dag_id for spec in reports] + [_dag_id(name, specs, known) for name in names]
    there = sorted(set(wanted) & set(known))
    to_change = [dag_id for dag_id in there if known[dag_id] is not pause]
    if to_change:
        _set(airflow, to_change, pause)
    done, before = ("Paused", "Paused already") if pause else ("Unpaused", "Unpaused already")
    _print(done, to_change)
    _print(before, [dag_id for dag_id in there if dag_id not in to_change])
    missing = sorted(set(wanted) - set(known))
    _print("Not known to Airflow (yet)", missing)
    if not pause and there and os.environ.get("AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE", "").lower() == "false":
        print(
            "Schedules are switched off in this Airflow. Trigger runs manually, for example:\n"
            f"  {as_typed(f'airflow dags trigger {there[0]}')}"
        )
    return 1 if missing else 0


def run_airflow(*words: str) -> str:
    """The output of the `airflow` command. Raises ConfigurationError without an Airflow, or if it fails."""
    if not has_airflow():
        raise ConfigurationError(
            "the environment does not point to an Airflow.",
            remedy="Start `make demo`, or set AIRFLOW_HOME to your Airflow's.",
        )
    done = in_airflow(["-m", "airflow", *words])
    if done.returncode:
        last = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-1:])
        raise ConfigurationError(
            f"`airflow {' '.join(words[:2])}` failed with exit code {done.returncode}: {last}",
            remedy="Fix the cause; `airflow db check` tests the connection to Airflow's database.",
        )
    return done.stdout


def _reports(
    specs: Sequence[ReportSpec], families: Iterable[str], sources: Iterable[str]
) -> list[ReportSpec]:
    """The reports in one of the families and one of the sources; an empty filter matches all.

    Raises ConfigurationError if there is none, or if a family or source is unknown.
    """
    chosen_families = [_known(each, {spec.family for spec in specs}, "family", specs) for each in families]
    chosen_sources = [_known(each, {spec.source for spec in specs}, "source", specs) for each in sources]
    found = [
        spec
        for spec in specs
        if (not chosen_families or spec.family in chosen_families)
        and (not chosen_sources or spec.source in chosen_sources)
    ]
    if not found:
        raise ConfigurationError(
            f"no report belongs to family {', '.join(chosen_families)} and source "
            f"{', '.join(chosen_sources)}.",
            remedy="Use only --family or only --source.",
        )
    return found


def _known(word: str, known: set[str], what: str, specs: Sequence[ReportSpec]) -> str:
    wanted = word.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted in known:
        return wanted
    like = [spec for spec in specs if wanted in spec.name]
    hint = (
        f" Reports with similar names: {', '.join(f'{s.name} ({s.family})' for s in like[:5])}."
        if like
        else ""
    )
    raise ConfigurationError(
        f"unknown {what} {word!r}.{hint}", remedy=f"Use one of: {', '.join(sorted(known))}."
    )


def _dag_id(name: str, specs: Sequence[ReportSpec], known: Iterable[str]) -> str:
    """The DAG id for a report name or a DAG id. Raises ConfigurationError for anything else."""
    by_name = {spec.name: spec.dag_id for spec in specs}
    ids = {*known, *by_name.values()}
    if name in RENAMED and name not in ids:  # a file of your own may still have the former name
        print(f"warning: `{name}` is now `{RENAMED[name]}`; the old name will be removed.", file=sys.stderr)
        return RENAMED[name]
    if name in ids or name in by_name:
        return by_name.get(name, name)
    near = difflib.get_close_matches(name, sorted(ids | set(by_name)), n=3, cutoff=0.5)
    raise ConfigurationError(
        f"unknown DAG {name!r}.",
        remedy=(f"Did you mean {' or '.join(near)}? " if near else "")
        + "`airflow dags list` shows all DAGs.",
    )


def _paused_by_dag(airflow: _Airflow) -> dict[str, bool]:
    """Whether each DAG that Airflow knows is paused."""
    output = airflow("dags", "list", "--columns", "dag_id,is_paused", "--output", "json")
    # A boolean or a string, depending on Airflow's version.
    return {row["dag_id"]: str(row["is_paused"]).lower() == "true" for row in _listed(output)}


def _listed(output: str) -> list[dict[str, Any]]:
    """The JSON list in Airflow's output; the log lines around it may also begin with ``[``."""
    for begin in re.finditer(r"^\[", output, re.MULTILINE):
        try:
            found, _ = json.JSONDecoder().raw_decode(output, begin.start())
        except ValueError:
            continue
        return list(found)
    raise ConfigurationError(
        "`airflow dags list` printed no list.", remedy="Run it yourself and check its output."
    )


def _set(airflow: _Airflow, dag_ids: Sequence[str], pause: bool) -> None:
    """Pause or unpause all DAGs in one call, because each call takes seconds to start."""
    pattern = f"^({'|'.join(map(re.escape, dag_ids))})$"
    airflow("dags", "pause" if pause else "unpause", "--treat-dag-id-as-regex", "--yes", pattern)


def _print(what: str, dag_ids: Sequence[str]) -> None:
    if dag_ids:
        print("\n".join([f"{what} ({len(dag_ids)}):", *(f"  {dag_id}" for dag_id in dag_ids)]))
