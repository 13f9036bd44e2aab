"""Commands to run, stop and remove the demo, load airflow_settings.yaml, and check Airflow's health."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sellerops.base.commands import as_typed, commands_as_typed
from sellerops.base.errors import SellerOpsError
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import VARIABLE, choose_home
from sellerops_runtime.settings import SETTINGS_FILE


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except SellerOpsError as error:
        print(f"ERROR  {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=as_typed("sellerops-runtime"), description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="start everything and collect seven days of two sellers")
    demo.add_argument("--once", action="store_true", help="exit after printing the table")
    demo.add_argument(
        "--marts", action="store_true", help="also build the marts; print profit, the bridge, what to order"
    )
    demo.add_argument("--full", action="store_true", help="collect every report in the catalogue")
    demo.add_argument(
        "--bigquery",
        action="store_true",
        default=os.environ.get("BIGQUERY", "0").lower() not in ("", "0", "no", "false"),
        help="also load into a local BigQuery (`make bigquery` installs it); same as BIGQUERY=1",
    )
    demo.add_argument(
        "--portal",
        action="store_true",
        help="also download files of web pages, with a browser per login; needs Chromium",
    )
    demo.add_argument(
        "--celery",
        action="store_true",
        help="run tasks on two Celery workers, with two schedulers and triggerers; needs redis-server",
    )
    demo.set_defaults(command=_demo)
    stop = commands.add_parser("stop", help="stop a running demo, or what a killed one left running")
    stop.set_defaults(command=_stop)
    clean = commands.add_parser("clean", help="remove the demo's folder")
    clean.set_defaults(command=_clean)
    load = commands.add_parser("settings", help="load airflow_settings.yaml into Airflow's metadata")
    load.add_argument("file", nargs="?", type=Path, default=SETTINGS_FILE)
    load.add_argument("--strict", action="store_true", help="fail when a variable is not set")
    load.set_defaults(command=_settings)
    init = commands.add_parser("init", help="create or migrate metadata, ledger and settings")
    init.set_defaults(command=_init)
    health = commands.add_parser(
        "health", help="find tasks without a worker or pool, and runs that never start"
    )
    health.set_defaults(command=_health)
    sandbox = commands.add_parser("use-sandbox", help="point the connections at a local Amazon")
    sandbox.add_argument("url")
    sandbox.add_argument("--speed", type=float, default=1.0, help="how fast its clock runs")
    sandbox.set_defaults(command=_use_sandbox)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from sellerops_runtime.demo import run_demo

    return run_demo(
        once=options.once,
        full=options.full,
        bigquery=options.bigquery,
        portal=options.portal,
        marts=options.marts,
        celery=options.celery,
    )


def _stop(_: argparse.Namespace) -> int:
    from sellerops_runtime.stopping import other_demos, stop_demo

    home = choose_home()
    stopped = stop_demo(home) if home.path.exists() else []
    print(f"Stopped: {', '.join(stopped)}" if stopped else f"Nothing is running in {home.path}")
    for other in other_demos(home):
        print(f"Another demo is running in {other.path}; stop it with make demo-stop {VARIABLE}={other.path}")
    return 0


def _clean(_: argparse.Namespace) -> int:
    home = choose_home()
    if home.path.exists():
        if not (home.path / "lock").exists():
            raise StartError(
                "is not a demo folder.", where=str(home.path), remedy="Set DEMO_HOME to the demo's folder."
            )
        shutil.rmtree(home.path)
    print(f"Removed {home.path}")
    return 0


def _settings(options: argparse.Namespace) -> int:
    from sellerops_runtime.init import apply_settings

    return _print(apply_settings(os.environ, options.file, strict=options.strict))


def _init(_: argparse.Namespace) -> int:
    from sellerops_runtime.init import prepare

    return _print(prepare())


def _health(_: argparse.Namespace) -> int:
    """Exit code 1 when a problem keeps tasks from running."""
    from airflow import settings
    from sqlalchemy.exc import SQLAlchemyError

    from sellerops_airflow.doctor.stuck import find_waiting_tasks, runs_that_never_started

    engine = settings.get_engine()  # type: ignore[no-untyped-call]
    try:
        with engine.connect() as connection:
            found, other = find_waiting_tasks(connection), runs_that_never_started(connection)
    except SQLAlchemyError as error:
        raise StartError(
            f"cannot read Airflow's metadata: {str(error).splitlines()[0]}.",
            where=f"database {engine.url.render_as_string(hide_password=True)}",
            remedy="Run `sellerops-runtime health` where the scheduler runs, with its environment.",
        ) from error
    print(
        commands_as_typed(
            "\n".join(
                [
                    *(f"ERROR    {each.what} Next: {each.remedy}" for each in found),
                    *(f"WARNING  {each.what} Next: {each.remedy}" for each in other),
                ]
                or ["ok"]
            )
        )
    )
    return 1 if found else 0


def _use_sandbox(options: argparse.Namespace) -> int:
    from sellerops_runtime.init import use_sandbox

    return _print(use_sandbox(options.url, options.speed))


def _print(lines: list[str]) -> int:
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
