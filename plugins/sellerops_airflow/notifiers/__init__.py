"""Sends notices: ``send_notice`` records one in the ledger and sends it; ``sellerops__notices`` retries.

Each channel has a module; ``channels`` lists them. None of these functions raises: work must not fail because
its notice does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.notices import Notice, Target

log = logging.getLogger(__name__)

_Item = TypeVar("_Item")

# Airflow runs the callbacks of many DAGs in one process, whose time is limited: a channel that hangs must not
# use it up. The DAG sellerops__notices sends what is not sent here.
_SLOW_SECONDS, _QUIET_SECONDS = 4.0, 60.0
_quiet_until: WeakKeyDictionary[Ledger, float] = WeakKeyDictionary()


@dataclass(frozen=True)
class BestEffort:
    """Context manager that logs any exception as ``what`` not sent, and suppresses it."""

    what: str

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        log.error("Not sent: %s", self.what, exc_info=error)
        return True


def send_notice(ledger: Ledger, notice: Notice, *, exclude: Collection[Target] = ()) -> bool:
    """Send ``notice`` unless its key is known. Returns whether this call recorded it for a channel.

    The DAG ``sellerops__notices`` retries what a channel does not accept now.

    :param exclude: targets that need no message.
    """
    return send_notice_of_new(ledger, [notice], lambda each: each.key, lambda new: new[0], exclude=exclude)


def send_notice_of_new(
    ledger: Ledger,
    items: Sequence[_Item],
    key_of: Callable[[_Item], str],
    make: Callable[[Sequence[_Item]], Notice],
    *,
    exclude: Collection[Target] = (),
) -> bool:
    """The same for several items in one notice; ``make`` gets the ``items`` whose keys are new."""
    from sellerops.notices import load_routes
    from sellerops.notices.outbox import record_notice_of_new
    from sellerops_airflow.notifiers import channels

    def is_wanted(target: Target) -> bool:
        return target not in exclude and channels.has_connection(target)

    with BestEffort(f"notice of {', '.join(map(key_of, items))}"):
        threads = record_notice_of_new(ledger, items, key_of, make, load_routes(), is_wanted)
        if threads:
            _send(ledger, threads)
        return bool(threads)
    return False


def send_recovery(
    ledger: Ledger, fault_key: str, text: str = "", *, headline: str = "", link: str = ""
) -> bool:
    """Close a fault and notify those who got its notice, in its thread. Returns False when it was not open.

    :param text: details, in Slack's mark-up. :param link: ``<address|title>``.
    """
    from sellerops.ledger.notices import open_faults

    with BestEffort(f"recovery of {fault_key}"):
        found = ledger.database.run(lambda c: open_faults(c, fault_key))
        ids = [each.id for each in found if each.fault_key == fault_key]
        send_recoveries(ledger, ids, text, headline=headline, link=link)
        return bool(ids)
    return False


def send_recoveries(
    ledger: Ledger, fault_ids: Collection[int], text: str = "", *, headline: str = "", link: str = ""
) -> set[Target]:
    """The same for several open faults at once, by their ids. Returns who is notified."""
    from sellerops.notices.outbox import record_recovery

    if not fault_ids:
        return set()
    with BestEffort(f"recovery of the faults {list(fault_ids)}"):
        threads, notified = record_recovery(ledger, fault_ids, text, headline=headline, link=link)
        if threads:
            _send(ledger, threads)
        return notified
    return set()


def _send(ledger: Ledger, threads: Sequence[str]) -> None:
    """Send what was just recorded, unless a recent send of this process was slow."""
    from sellerops.notices.outbox import send_due
    from sellerops_airflow.notifiers import channels

    started = time.monotonic()
    if started < _quiet_until.get(ledger, 0.0):
        return
    send_due(ledger, channels.send, threads=threads)
    if time.monotonic() - started > _SLOW_SECONDS:
        _quiet_until[ledger] = time.monotonic() + _QUIET_SECONDS


__all__ = ["BestEffort", "send_notice", "send_notice_of_new", "send_recoveries", "send_recovery"]
