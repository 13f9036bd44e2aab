"""Sends the notice of a ledger outage and of its recovery, without the ledger.

An Airflow variable stores the outage: Airflow's own database is available whenever a callback runs, and all
its processes and hosts see it. A lock on this host keeps simultaneous callbacks from sending twice; two hosts
that notice the outage within the same second may both send.
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
from sellerops_airflow.hooks.missing import read_variable

if TYPE_CHECKING:
    from sellerops.ledger import Ledger

log = logging.getLogger(__name__)

VARIABLE = "sellerops_ledger_outage"
# How long to retry a channel that does not accept the recovery message.
_GIVE_UP_AFTER = timedelta(days=1)


def send_outage_notice(error: LedgerUnavailable, run: FailedRun | None = None) -> None:
    """Send the notice once per outage. The recovery message will list ``run``, which failed because of it."""
    with _locked():
        known = _read()
        outage = known if known and not known.over_at else _new_outage(error)
        if run:
            outage = outage.with_run(run)
        if outage != known:
            # Before sending: a callback may be killed while a channel hangs.
            _write(outage)
        recipients = _send_to_all(outage)
        if recipients != outage.recipients:
            _write(replace(outage, recipients=recipients))


def send_outage_recovery(ledger: Ledger) -> bool:
    """End the recorded outage; call this when the ledger answers. Returns whether there was one."""
    if _read() is None:
        return False
    with _locked():
        outage = _read()
        if outage is None:
            return False
        ended_at = datetime.fromisoformat(outage.over_at) if outage.over_at else datetime.now(UTC)
        marked = 0 if outage.over_at else fail_outage_runs(ledger, outage)
        message = recovery_message(outage, ended_at, marked)
        left = tuple(each for each in outage.recipients if _send(each, message) is None)
        is_done = not left or datetime.now(UTC) - ended_at > _GIVE_UP_AFTER
        _write(None if is_done else replace(outage, recipients=left, over_at=ended_at.isoformat()))
    return True


def fail_outage_runs(ledger: Ledger, outage: Outage) -> int:
    """Mark unfinished slices of the outage's runs failed; the runs could not do so. Returns how many days."""
    runs = [(run.dag_id, run.run_id) for run in outage.runs]
    marked = mark_failed(ledger, runs)
    for dag_id, run_id in runs:
        # The recovery message lists these runs, so each needs no notice of its own.
        ledger.claim_notice(f"run_failed|{dag_id}|{run_id}|outage")
    return marked


def mark_failed(ledger: Ledger, runs: Sequence[tuple[str, str]]) -> int:
    """Mark unfinished slices of finished runs (DAG id, run id) failed. Returns how many days."""
    from sellerops.ledger.slices import fail_unfinished

    cause = LedgerUnavailable(
        "the ledger was not available when the task failed.",
        where=ledger.database.place,
        remedy="Clear the task; it resumes where the slice was.",
    )
    return ledger.database.run(lambda c: fail_unfinished(c, runs, cause))


def _new_outage(error: LedgerUnavailable) -> Outage:
    return Outage(datetime.now(UTC).isoformat(), error.where, error.cause)


def _send_to_all(outage: Outage) -> tuple[Recipient, ...]:
    """Send to every target that has not received the message. Returns all recipients so far."""
    from sellerops.notices import load_routes
    from sellerops_airflow.notifiers import channels

    recipients = {(each.kind, each.connection, each.to): each for each in outage.recipients}
    for target in load_routes().targets(Event.CRITICAL_FAILURE):
        address = (str(target.kind), target.connection, target.to)
        if address not in recipients and channels.has_connection(target):
            reference = _send(Recipient(*address, reference=""), outage_message(outage))
            if reference is not None:
                recipients[address] = Recipient(*address, reference=reference)
    return tuple(recipients.values())


def _send(recipient: Recipient, message: Message) -> str | None:
    """Send the message, as a reply if there is a reference. Returns the channel's id of it, or None."""
    from sellerops.notices.outbox import ChannelError, Post
    from sellerops_airflow.notifiers import channels

    blocks = slack_blocks(message.headline, message.sections)
    reference = recipient.reference
    post = Post(recipient.to, message.text, blocks, reference, broadcast=bool(reference))
    try:
        return channels.send(recipient.kind, recipient.connection, post)
    except ChannelError as error:
        log.warning("%r was not sent to %s: %s", message.headline, recipient.to, error)
        return None


def _read() -> Outage | None:
    found = read_variable(VARIABLE)
    return Outage.from_dict(json.loads(found)) if found else None


def _write(outage: Outage | None) -> None:
    from airflow.sdk import Variable

    if outage is None:
        Variable.delete(VARIABLE)
    else:
        Variable.set(VARIABLE, json.dumps(outage.to_dict()), description="Managed by sellerops; do not edit.")


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
