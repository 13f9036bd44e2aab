"""Telling people. ``send_notice`` is the one way: it writes a notice down, sends it, leaves the rest for later.

One module a channel; ``channels`` lists them. None of these functions raises: the work that has something to
tell must not fail because a channel, or the word itself, does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.notices import Notice, Target

log = logging.getLogger(__name__)

_Item = TypeVar("_Item")

# Airflow runs the callbacks of many DAGs in one process, whose time is limited: a channel that hangs must not
# use it up. What is not sent here is sent by the DAG sellerops__notices.
_SLOW_SECONDS, _QUIET_SECONDS = 4.0, 60.0
_quiet_until: WeakKeyDictionary[Ledger, float] = WeakKeyDictionary()


def _send(ledger: Ledger, threads: Sequence[str]) -> None:
    """Send what was just written down, unless a send of this process has just been slow."""
    from sellerops.notices.outbox import send_due
    from sellerops_airflow.notifiers import channels

    started = time.monotonic()
    if started < _quiet_until.get(ledger, 0.0):
        return
    send_due(ledger, channels.send, threads=threads)
    if time.monotonic() - started > _SLOW_SECONDS:
        _quiet_until[ledger] = time.monotonic() + _QUIET_SECONDS


def send_notice(ledger: Ledger, notice: Notice, *, exclude: Collection[Target] = ()) -> bool:
    """Tell people of ``notice`` once; True when this call put it on its way to somebody.

    What a channel does not take now is sent later by the DAG ``sellerops__notices``.

    :param but: addresses that have been told already.
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
    """Tell of several things in one message; ``make`` gets those of ``items`` that nobody was told of."""
    from sellerops.notices import load_routes
    from sellerops.notices.outbox import record_notice_of_new
    from sellerops_airflow.notifiers import channels

    def is_wanted(target: Target) -> bool:
        return target not in exclude and channels.has_connection(target)

    try:
        threads = record_notice_of_new(ledger, items, key_of, make, load_routes(), is_wanted)
        if threads:
            _send(ledger, threads)
    except Exception:
        log.exception("Nobody was told of %s", ", ".join(map(key_of, items)))
        return False
    return bool(threads)


def send_recovery(
    ledger: Ledger, fault_key: str, text: str = "", *, headline: str = "", link: str = ""
) -> bool:
    """Say that a fault is over to those who were told of it, in its thread; False when it was not open.

    :param text: more about it, in Slack's mark-up. :param link: ``<address|title>``.
    """
    from sellerops.ledger.notices import open_faults

    try:
        open_now = ledger.database.run(lambda c: open_faults(c, fault_key))
    except Exception:
        log.exception("Nobody was told of the end of %s", fault_key)
        return False
    ids = [each.id for each in open_now if each.fault_key == fault_key]
    send_recoveries(ledger, ids, text, headline=headline, link=link)
    return bool(ids)


def send_recoveries(
    ledger: Ledger, fault_ids: Collection[int], text: str = "", *, headline: str = "", link: str = ""
) -> set[Target]:
    """The same for open faults by their ids, together; who is told."""
    from sellerops.notices.outbox import record_recovery

    if not fault_ids:
        return set()
    try:
        threads, told = record_recovery(ledger, fault_ids, text, headline=headline, link=link)
        if threads:
            _send(ledger, threads)
    except Exception:
        log.exception("Nobody was told of the end of the faults %s", list(fault_ids))
        return set()
    return told


__all__ = ["send_notice", "send_notice_of_new", "send_recoveries", "send_recovery"]
