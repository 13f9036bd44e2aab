"""`connections test`: test each Airflow connection that the configuration uses."""

from __future__ import annotations

import argparse
import json
import textwrap
from typing import Any

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.cli.airflow import AIRFLOW_SECONDS, has_airflow, in_airflow
from sellerops.preflight.connections import RequiredConnection, required_connections

_TESTER = "sellerops_airflow.hooks.connection_tests"
_WIDTH = 98


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "connections", help="test the Airflow connections that the configuration uses"
    )
    actions = parser.add_subparsers(required=True, metavar="action")
    test = actions.add_parser(
        "test",
        help="log in with each; exit code 1 if one fails or a required one is missing",
        description="Logs in with each connection that accounts, specs, notices and exports use, as "
        "the Test button in the Airflow UI does. Collects and sends nothing. Exit code 1 if a connection "
        "fails or a required one is missing.",
    )
    test.add_argument(
        "connection", nargs="*", help="connection ids (default: all that the configuration uses)"
    )
    test.set_defaults(run=_test)


def _test(options: argparse.Namespace) -> int:
    wanted = {each.conn_id: each for each in required_connections()}
    unknown = [name for name in options.connection if name not in wanted]
    if unknown:
        raise ConfigurationError(
            f"the configuration does not use connection {unknown[0]!r}.",
            remedy=f"Use one of: {', '.join(wanted)}.",
        )
    chosen = [wanted[name] for name in dict.fromkeys(options.connection)] or list(wanted.values())
    answers = _ask([each.conn_id for each in chosen])
    verdicts = [_report(each, answers[each.conn_id]) for each in chosen]
    return 0 if all(verdicts) else 1


def _ask(conn_ids: list[str]) -> dict[str, dict[str, Any]]:
    """The hooks' answers by connection: ``state`` (ok, failed, absent) and ``message``."""
    if not has_airflow():
        raise ConfigurationError(
            "the environment does not point to an Airflow, which stores the connections.",
            remedy="Start `make demo` in another terminal, or set AIRFLOW_HOME to your Airflow's.",
        )
    try:
        done = in_airflow(["-m", _TESTER, *conn_ids])
    except RetryableError as error:
        raise RetryableError(
            f"not all of {', '.join(conn_ids)} answered within {AIRFLOW_SECONDS} s.",
            remedy="Test them one by one: `sellerops connections test <id>`.",
        ) from error
    try:
        answers: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ConfigurationError(
            f"the connections cannot be read: {last}", remedy="Run `airflow connections list` for details."
        ) from error
    return answers


def _report(each: RequiredConnection, answer: dict[str, Any]) -> bool:
    """Print one connection; returns whether it works, or is optional and not set."""
    state, message = answer["state"], answer["message"]
    if state == "absent":
        state = "not set" if each.if_missing else "MISSING"
        message = (
            f"Optional; without it {each.if_missing}."
            if each.if_missing
            else f"Next: add it in Admin > Connections, type {each.kind}."
        )
    print(f"{state.upper() if state == 'failed' else state:<10}{each.conn_id} ({each.kind}; {each.used_by})")
    print(
        textwrap.fill(commands_as_typed(message), _WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10)
    )
    return state in ("ok", "not set")
