"""An outage of the ledger in words: its notice and its end go out by ways that need no ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from sellerops.notices.notice import escape

# Of runs that failed meanwhile; the others are only counted.
MOST_RUNS = 100


@dataclass(frozen=True)
class Recipient:
    """An address that was told; ``reference`` is what its channel called the message."""

    kind: str
    connection: str
    to: str
    reference: str


@dataclass(frozen=True)
class FailedRun:
    """A run whose failure could not be told in detail, nor be written down."""

    dag_id: str
    run_id: str
    url: str


@dataclass(frozen=True)
class Outage:
    """One outage, as it is kept outside the ledger. Times are aware, in real time.

    ``over_at``: set when it has ended but not everybody was told.
    """

    since: str
    where: str
    cause: str
    told: tuple[Recipient, ...] = ()
    runs: tuple[FailedRun, ...] = ()
    more_runs: int = 0
    over_at: str = ""

    def with_run(self, run: FailedRun) -> Outage:
        """With one more run that failed, once each."""
        if run in self.runs:
            return self
        if len(self.runs) >= MOST_RUNS:
            return replace(self, more_runs=self.more_runs + 1)
        return replace(self, runs=(*self.runs, run))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Outage:
        told = tuple(Recipient(**each) for each in values.pop("told", ()))
        return cls(**values | {"told": told, "runs": tuple(FailedRun(**each) for each in values["runs"])})


@dataclass(frozen=True)
class Message:
    """A message: its headline (plain text) and the sections below, in Slack's mark-up."""

    headline: str
    sections: Sequence[str] = field(default=())

    @property
    def text(self) -> str:
        return "\n".join([escape(self.headline), *self.sections])


def outage_message(outage: Outage) -> Message:
    """What people are told once, when the outage is first met."""
    return Message(
        "The ledger cannot be reached: nothing can be collected or loaded",
        (
            f"{escape(outage.where)}: {escape(outage.cause)}",
            "Next: start Postgres or correct the connection. Waits go on by themselves; runs that fail "
            "meanwhile are listed in the message that says it is over, and not told one by one.",
        ),
    )


def recovery_message(outage: Outage, ended_at: datetime, marked: int) -> Message:
    """What they are told in the end. ``marked``: slices that are marked failed only now."""
    minutes = max(1, round((ended_at - datetime.fromisoformat(outage.since)).total_seconds() / 60))
    count = len(outage.runs) + outage.more_runs
    if not count:
        return Message(f"The ledger answers again after {minutes} min", ("No run failed meanwhile.",))
    links = [f"<{run.url}|{escape(run.dag_id)} {escape(run.run_id)}>" for run in outage.runs[:10]]
    more = [f"and {count - len(links)} more"] if count > len(links) else []
    return Message(
        f"The ledger answers again after {minutes} min; {count} runs failed meanwhile",
        (
            "\n".join([*links, *more]),
            f"{marked} slices are now marked failed. Next: clear the failed tasks of these runs; they go on "
            "where they stood.",
        ),
    )
