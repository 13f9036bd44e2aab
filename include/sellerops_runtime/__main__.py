"""`python -m sellerops_runtime`: the demo, its clean-up, and the loader of airflow_settings.yaml."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sellerops.errors import SellerOpsError
from sellerops_runtime import settings
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import choose_home


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except SellerOpsError as error:
        print(f"ERROR  {error}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sellerops_runtime", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="start everything and collect seven days of two sellers")
    demo.add_argument("--once", action="store_true", help="end after the table")
    demo.set_defaults(command=_demo)
    stop = commands.add_parser("stop", help="stop what an interrupted demo left running")
    stop.set_defaults(command=_stop)
    clean = commands.add_parser("clean", help="remove what the demo keeps")
    clean.set_defaults(command=_clean)
    load = commands.add_parser("settings", help="load airflow_settings.yaml into Airflow's metadata")
    load.add_argument("file", nargs="?", type=Path, default=settings.SETTINGS_FILE)
    load.add_argument("--sandbox", metavar="URL", help="take the accounts of the local Amazon there")
    load.add_argument("--strict", action="store_true", help="fail when a variable is not set")
    load.set_defaults(command=_settings)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from sellerops_runtime.demo import run_demo

    return run_demo(once=options.once)


def _stop(_: argparse.Namespace) -> int:
    from sellerops_runtime.postgres import EmbeddedPostgres
    from sellerops_runtime.processes import stop_leftovers

    home = choose_home()
    with home.locked():
        stopped = stop_leftovers(home.run)
        postgres = EmbeddedPostgres(home.postgres)
        if postgres.is_running:
            postgres.stop()
            stopped.append("postgres")
    print(f"Stopped: {', '.join(stopped)}" if stopped else f"Nothing of {home.path} was running")
    return 0


def _clean(_: argparse.Namespace) -> int:
    home = choose_home()
    if home.path.exists():
        if not (home.path / "lock").exists():
            raise StartError(
                "is no folder of the demo.", where=str(home.path), remedy="Set DEMO_HOME to the right one."
            )
        shutil.rmtree(home.path)
    print(f"Removed {home.path}")
    return 0


def _settings(options: argparse.Namespace) -> int:
    import os

    environment = dict(os.environ)
    if options.sandbox:
        from sellerops_runtime.local_amazon import sandbox_environment

        environment = {**sandbox_environment(options.sandbox), **environment}
    loaded = settings.fill_in(settings.read_settings(options.file), environment)
    complaints = [f"{entry}: set {', '.join(missing)}" for entry, missing in loaded.left_out.items()]
    if options.strict and complaints:
        raise StartError("; ".join(complaints) + ".", where=str(options.file), remedy="Set these variables.")
    for line in settings.apply(loaded.settings):
        print(f"set       {line}")
    for line in complaints:
        print(f"left out  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
