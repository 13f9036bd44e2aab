"""Telling people that the ledger is away, and that it is back, without the ledger.

What was told is kept in an Airflow variable: Airflow's own database is there whenever a callback runs, and
all its processes and hosts see it. A lock on this host keeps callbacks that run at the same time from telling
twice; two hosts that meet the outage within the same second may.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sellerops.base.errors import LedgerUnavailable
from sellerops.notices.events import Event
from sellerops.notices.notice import slack_blocks
from sellerops.notices.outage import FailedRun, Message, Outage, Recipient, outage_message, recovery_message

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

log = logging.getLogger(__name__)

VARIABLE = "sellerops_ledger_outage"
# A channel that does not take the end of an outage for so long is left alone.
_GIVE_UP_AFTER = timedelta(days=1)


def send_outage_notice(error: LedgerUnavailable, run: FailedRun | None = None) -> None:
    """Tell everybody once for each outage; ``run``, which failed because of it, is told with its end."""
    with _locked():
        known = _read()
        outage = known if known and not known.over_at else _begun(error)
        if run:
            outage = outage.with_run(run)
        if outage != known:
            # Before anything is sent: a callback may be killed while a channel hangs.
            _write(outage)
        sent = _told(outage)
        if sent != outage.told:
            _write(replace(outage, told=sent))


def send_outage_recovery(ledger: Ledger) -> bool:
    """With a ledger that answers: end the outage that was told, if there was one. True when there was."""
    if _read() is None:
        return False
    with _locked():
        outage = _read()
        if outage is None:
            return False
        ended_at = datetime.fromisoformat(outage.over_at) if outage.over_at else datetime.now(UTC)
        marked = 0 if outage.over_at else fail_outage_runs(ledger, outage)
        left = _told_of_the_end(outage, recovery_message(outage, ended_at, marked))
        is_done = not left or datetime.now(UTC) - ended_at > _GIVE_UP_AFTER
        _write(None if is_done else replace(outage, told=left, over_at=ended_at.isoformat()))
    return True


def fail_outage_runs(ledger: Ledger, outage: Outage) -> int:
    """Mark failed what the runs of the outage could not: their slices that were left on the way; how many."""
    runs = [(run.dag_id, run.run_id) for run in outage.runs]
    marked = mark_failed(ledger, runs)
    for dag_id, run_id in runs:
        # The end of the outage lists them: nobody is told of each again.
        ledger.claim_notice(f"run_failed|{dag_id}|{run_id}|outage")
    return marked


def mark_failed(ledger: Ledger, runs: Sequence[tuple[str, str]]) -> int:
    """Mark failed the slices that runs (DAG id, run id) left on the way when they ended; how many days."""
    from sellerops.ledger.slices import fail_unfinished

    cause = LedgerUnavailable(
        "the ledger was away when the task failed.",
        where=ledger.database.place,
        remedy="Clear the task; it goes on where the slice stood.",
    )
    return ledger.database.run(lambda c: fail_unfinished(c, runs, cause))


def _begun(error: LedgerUnavailable) -> Outage:
    return Outage(datetime.now(UTC).isoformat(), error.where, error.cause)


def _told(outage: Outage) -> tuple[Recipient, ...]:
    """Everybody who is to be told, those told now among them."""
    from sellerops.notices import load_routes
    from sellerops_airflow.notifiers import channels

    told = {(each.kind, each.connection, each.to): each for each in outage.told}
    for target in load_routes().targets(Event.CRITICAL_FAILURE):
        address = (str(target.kind), target.connection, target.to)
        if address not in told and channels.has_connection(target):
            reference = _send(Recipient(*address, reference=""), outage_message(outage))
            if reference is not None:
                told[address] = Recipient(*address, reference=reference)
    return tuple(told.values())


def _told_of_the_end(outage: Outage, words: Message) -> tuple[Recipient, ...]:
    """Tell those who were told of the beginning; who could not be told."""
    return tuple(each for each in outage.told if _send(each, words) is None)


def _send(address: Recipient, words: Message) -> str | None:
    """What the channel calls the message; None when it did not take it."""
    from sellerops.notices.outbox import ChannelError, Post
    from sellerops_airflow.notifiers import channels

    blocks = slack_blocks(words.headline, words.sections)
    post = Post(address.to, words.text, blocks, address.reference, broadcast=bool(address.reference))
    try:
        return channels.send(address.kind, address.connection, post)
    except ChannelError as error:
        log.warning("%s is not told that %r: %s", address.to, words.headline, error)
        return None


def _read() -> Outage | None:
    from airflow.sdk import Variable

    found = Variable.get(VARIABLE, default=None)
    return Outage.from_dict(json.loads(found)) if found else None


def _write(outage: Outage | None) -> None:
    from airflow.sdk import Variable

    if outage is None:
        Variable.delete(VARIABLE)
    else:
        Variable.set(VARIABLE, json.dumps(outage.to_dict()), description="Kept by sellerops; do not edit.")


@contextmanager
def _locked() -> Iterator[None]:
    path = Path(tempfile.gettempdir()) / f"sellerops-outage-{os.getuid()}.lock"
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


__all__ = ["VARIABLE", "fail_outage_runs", "mark_failed", "send_outage_notice", "send_outage_recovery"]
