"""Break a whole system at random while it works, and compare it with an undisturbed one.

The exit code is 1 if a promise was broken. The same seed breaks the same things in the same order.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sellerops.base.errors import SellerOpsError
from sellerops_runtime.celery import SCHEDULERS, TRIGGERERS
from sellerops_runtime.chaos.judging import broken_promises, wrong_messages
from sellerops_runtime.chaos.network import Network, enter_namespaces, is_separate
from sellerops_runtime.chaos.reporting import broken_events, report
from sellerops_runtime.chaos.running import Night, spend_night
from sellerops_runtime.chaos.system import write_config
from sellerops_runtime.chaos.work import Work
from sellerops_runtime.home import VARIABLE
from sellerops_runtime.ports import free_port
from sellerops_runtime.progress import Progress
from sellerops_runtime.signals import Interrupted, interruptible

# Age of the newest days that are collected. Amazon does not change days this old any more.
_AGE = timedelta(days=60)
# Minutes. Every two minutes reach three days further back, and all days must be within the two years that
# Amazon keeps.
_LONGEST = 240.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    enter_namespaces()
    progress = Progress()
    if not is_separate():
        progress.say("Without root, nftables and iproute2: nothing cuts connections or fills a disk")
    network = Network() if is_separate() else None
    root = Path(tempfile.mkdtemp(prefix="sellerops-chaos-", dir=options.folder))
    root.chmod(0o711)
    code = 130
    with interruptible():
        try:
            *undisturbed, night = _spend(root, options, network, progress)
            broken = broken_promises(night.outcome, undisturbed[0].outcome if undisturbed else None)
            broken += broken_events(night.events)
            happened = [each.step.kind for each in night.events if each.is_done]
            paired = {*SCHEDULERS, *TRIGGERERS} if options.executor == "celery" else ()
            broken += wrong_messages(night.outcome.messages, happened, paired)
            progress.plain(report(options.seed, undisturbed, night, broken))
            code = 1 if broken else 0
        except Interrupted:
            pass
        except SellerOpsError as error:
            print(f"ERROR  {error}", file=sys.stderr)
            code = 1
    if options.keep:
        progress.say(f"Kept {root}")
    else:
        shutil.rmtree(root, ignore_errors=True)
    return code


def _spend(
    root: Path, options: argparse.Namespace, network: Network | None, progress: Progress
) -> list[Night]:
    """Run the undisturbed system, unless it is skipped, then the one with faults, both with the same work."""
    today = datetime.now(UTC).date()
    rounds = max(2, round(options.minutes / 2))
    work = Work(today - _AGE - timedelta(days=rounds), rounds, 2 * rounds, today + timedelta(days=6))
    os.environ.update(
        {
            "SELLEROPS_CONFIG_DIR": str(write_config(root / "config")),
            "DEMO_SCHEDULES": "True",
        }
    )
    nights = []
    systems = [("undisturbed", None), ("broken", options.seed)]
    for name, seed in systems[1:] if options.alone else systems:
        os.environ |= {VARIABLE: str(root / name), "DEMO_UI_PORT": str(free_port())}
        progress.say(
            f"The {name} system: {rounds} days of 2 reports, {2 * rounds} days of backfill, a shipment"
        )
        night = spend_night(
            root / name,
            work,
            progress,
            celery=options.executor == "celery",
            network=network,
            seed=seed,
            seconds=options.minutes * 60,
        )
        progress.say(f"The {name} system is done: {night.hours:.0f} virtual hours, {night.cpu:.0f} s of CPU")
        nights.append(night)
    return nights


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0 < minutes <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most {_LONGEST:.0f}.")
    return minutes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which faults, in which order (default: 1)")
    parser.add_argument(
        "--minutes", type=_minutes, default=20.0, help="how long things are broken (default: 20, at most 240)"
    )
    parser.add_argument("--executor", choices=("local", "celery"), default="local")
    parser.add_argument(
        "--alone", action="store_true", help="without the undisturbed system: rows are not compared"
    )
    parser.add_argument("--folder", type=Path, help="where the systems keep their files (default: temporary)")
    parser.add_argument("--keep", action="store_true", help="keep these files, such as logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
