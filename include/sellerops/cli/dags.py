"""`dags unpause` and `dags pause`: switch DAGs on and off, a whole family or source at once.

Airflow is asked by its own command, so this runs wherever that does: beside a demo, in a container, on a
host.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sellerops.base.commands import as_typed
from sellerops.base.errors import ConfigurationError
from sellerops.cli.airflow import has_airflow, in_airflow
from sellerops.settings.specs import ReportSpec, enabled_specs

_Airflow = Callable[..., str]


def add(commands: Any) -> None:
    parser = commands.add_parser("dags", help="switch DAGs on and off, a whole family at once")
    actions = parser.add_subparsers(required=True, metavar="action")
    for name, what in (("unpause", "switch on: let schedules and runs start"), ("pause", "switch off")):
        action = actions.add_parser(name, help=what)
        action.add_argument("names", nargs="*", metavar="DAG", help="a DAG id, or the name of a report")
        action.add_argument(
            "--family", action="append", default=[], help="all reports of this family; may be repeated"
        )
        action.add_argument(
            "--source", action="append", default=[], help="all reports of this source, or those of --family"
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
    """Pause or unpause them and print which; 1 when Airflow does not know one of them.

    ``airflow``: runs Airflow's command with the given words and returns what it printed.
    """
    if not (names or families or sources):
        raise ConfigurationError(
            "nothing is named to switch.", remedy="Name DAGs, or a --family or --source of reports."
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
            "Schedules are off in this Airflow: trigger runs by hand, for example\n"
            f"  {as_typed(f'airflow dags trigger {there[0]}')}"
        )
    return 1 if missing else 0


def run_airflow(*words: str) -> str:
    """What Airflow's command prints. Raises ConfigurationError when there is none here, or it fails."""
    if not has_airflow():
        raise ConfigurationError(
            "no Airflow is known here.", remedy="Start `make demo`, or set AIRFLOW_HOME to yours."
        )
    done = in_airflow(["-m", "airflow", *words])
    if done.returncode:
        last = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-1:])
        raise ConfigurationError(
            f"`airflow {' '.join(words[:2])}` ended with {done.returncode}: {last}",
            remedy="Mend what it says; `airflow db check` says whether its database answers.",
        )
    return done.stdout


def _reports(
    specs: Sequence[ReportSpec], families: Iterable[str], sources: Iterable[str]
) -> list[ReportSpec]:
    """Reports of one of the families and, of those, of one of the sources. Raises ConfigurationError."""
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
            f"no report of family {', '.join(chosen_families)} comes from {', '.join(chosen_sources)}.",
            remedy="Leave one of the two out.",
        )
    return found


def _known(word: str, known: set[str], what: str, specs: Sequence[ReportSpec]) -> str:
    wanted = word.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted in known:
        return wanted
    like = [spec for spec in specs if wanted in spec.name]
    hint = f" Reports named like it: {', '.join(f'{s.name} ({s.family})' for s in like[:5])}." if like else ""
    raise ConfigurationError(f"unknown {what} {word!r}.{hint}", remedy=f"Known: {', '.join(sorted(known))}.")


def _dag_id(name: str, specs: Sequence[ReportSpec], known: Iterable[str]) -> str:
    """Of a report's name or a DAG's id. Raises ConfigurationError for what is neither."""
    by_name = {spec.name: spec.dag_id for spec in specs}
    ids = {*known, *by_name.values()}
    if name in ids or name in by_name:
        return by_name.get(name, name)
    near = difflib.get_close_matches(name, sorted(ids | set(by_name)), n=3, cutoff=0.5)
    raise ConfigurationError(
        f"unknown DAG {name!r}.",
        remedy=(f"Did you mean {' or '.join(near)}? " if near else "") + "`airflow dags list` names all.",
    )


def _paused_by_dag(airflow: _Airflow) -> dict[str, bool]:
    """Whether each DAG that Airflow knows is paused."""
    told = airflow("dags", "list", "--columns", "dag_id,is_paused", "--output", "json")
    # Versions differ in whether a truth is a word.
    return {row["dag_id"]: str(row["is_paused"]).lower() == "true" for row in _listed(told)}


def _listed(told: str) -> list[dict[str, Any]]:
    """The list among what Airflow printed, which may have log lines around it that begin like one."""
    for begin in re.finditer(r"^\[", told, re.MULTILINE):
        try:
            found, _ = json.JSONDecoder().raw_decode(told, begin.start())
        except ValueError:
            continue
        return list(found)
    raise ConfigurationError("`airflow dags list` printed no list.", remedy="Run it yourself and read it.")


def _set(airflow: _Airflow, dag_ids: Sequence[str], pause: bool) -> None:
    """All in one call: each takes seconds to begin."""
    pattern = f"^({'|'.join(map(re.escape, dag_ids))})$"
    airflow("dags", "pause" if pause else "unpause", "--treat-dag-id-as-regex", "--yes", pattern)


def _print(what: str, dag_ids: Sequence[str]) -> None:
    if dag_ids:
        print("\n".join([f"{what} ({len(dag_ids)}):", *(f"  {dag_id}" for dag_id in dag_ids)]))
