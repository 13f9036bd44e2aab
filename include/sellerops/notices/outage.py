"""The messages about a ledger outage and its recovery, which are sent without the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sellerops.notices.notice import escape

# The most failed runs that are listed; further ones are only counted.
MOST_RUNS = 100


@dataclass(frozen=True)
class Recipient:
    """An address that got the message. ``reference``: the channel's id of the message."""

    kind: str
    connection: str
    to: str
    reference: str


@dataclass(frozen=True)
class FailedRun:
    """A run that failed during the outage: neither its notice nor its ledger rows could be written."""

    dag_id: str
    run_id: str
    url: str


@dataclass(frozen=True)
class Outage:
    """One outage, as stored outside the ledger. Times are ISO texts with a time zone, in real time.

    ``over_at``: set when the outage is over and some ``recipients`` still need the recovery message.
    """

    since: str
    where: str
    cause: str
    recipients: tuple[Recipient, ...] = ()
    runs: tuple[FailedRun, ...] = ()
    more_runs: int = 0
    over_at: str = ""

    def with_run(self, run: FailedRun) -> Outage:
        """The outage with one more failed run; a run that is already listed changes nothing."""
        if run in self.runs:
            return self
        if len(self.runs) >= MOST_RUNS:
            return replace(self, more_runs=self.more_runs + 1)
        return replace(self, runs=(*self.runs, run))

    def to_dict(self) -> dict[str, Any]:
        """The outage as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outage:
        """The outage that ``to_dict`` stored."""
        if "told" in values:  # stored by a version before 0.1
            values["recipients"] = values.pop("told")
        return cls(
            **values
            | {
                "recipients": tuple(Recipient(**each) for each in values["recipients"]),
                "runs": tuple(FailedRun(**each) for each in values["runs"]),
            }
        )


@dataclass(frozen=True)
class Message:
    """A headline in plain text, and the sections below it in Slack's mark-up."""

    headline: str
    sections: Sequence[str] = field(default=())

    @property
    def text(self) -> str:
        """Headline and sections in Slack's mark-up."""
        return "\n".join([escape(self.headline), *self.sections])


def outage_message(outage: Outage) -> Message:
    """The message that is sent once, when the outage is first noticed."""
    return Message(
        "The ledger cannot be reached: nothing can be collected or loaded",
        (
            f"{escape(outage.where)}: {escape(outage.cause)}",
            "Next: start Postgres or correct the connection. Waits continue by themselves; the recovery "
            "message lists the runs that failed meanwhile, instead of one notice each.",
        ),
    )


def recovery_message(outage: Outage, ended_at: datetime, marked: int) -> Message:
    """The recovery message. ``marked``: slices that were marked failed when the outage was over."""
    minutes = max(1, round((ended_at - datetime.fromisoformat(outage.since)).total_seconds() / 60))
    count = len(outage.runs) + outage.more_runs
    if not count:
        return Message(f"The ledger is available again after {minutes} min", ("No run failed meanwhile.",))
    links = [f"<{run.url}|{escape(run.dag_id)} {escape(run.run_id)}>" for run in outage.runs[:10]]
    more = [f"and {count - len(links)} more"] if count > len(links) else []
    return Message(
        f"The ledger is available again after {minutes} min; {count} runs failed meanwhile",
        (
            "\n".join([*links, *more]),
            f"{marked} slices are now marked failed. Next: clear the failed tasks of these runs; they resume "
            "where they were.",
        ),
    )
