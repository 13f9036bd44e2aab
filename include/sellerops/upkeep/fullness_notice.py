"""The notice that a disk or a database will be full, and its recovery."""

from __future__ import annotations

from sellerops.notices.events import Event
from sellerops.notices.notice import Notice, escape
from sellerops.upkeep.growth import Growth, Urgency, readable

# Prefix of the fault keys.
PREFIX = "full|"


def fault_key_of(growth: Growth) -> str:
    """The fault's key: one for each file system and database."""
    return f"{PREFIX}{growth.size.kind}|{growth.size.name}"


def full_notice(growth: Growth, urgency: Urgency, largest: list[Growth]) -> Notice:
    """The notice about one file system or database. ``largest``: what is measured, the largest first."""
    headline = f"{growth.size.name} is {growth.percent or 0:.0f} % full"
    sections = [
        f"{readable(growth.size.nbytes)} used, {readable(growth.size.free or 0)} free. {when_full(growth)}",
        "Largest: " + "; ".join(describe(each) for each in largest[:5]) + ".",
        "Next: free or add space. `sellerops sizes` shows what grows; docs/retention.md says what may go.",
    ]
    event = Event.CRITICAL_FAILURE if urgency is Urgency.FAILED else Event.NEEDS_A_PERSON
    key = f"{fault_key_of(growth)}|{urgency}|{growth.at:%Y-%m-%d}"
    return Notice.build(key, event, escape(headline), [escape(each) for each in sections],
                        fault_key=fault_key_of(growth))  # fmt: skip


def recovery_line(name: str) -> str:
    """The text of the recovery."""
    return f"{name} has enough free space again"


def when_full(growth: Growth) -> str:
    """A sentence that says when it will be full."""
    if growth.per_day is None:
        return "Its growth will be known after three days of measurements."
    if growth.full_on is None:
        return "It does not grow."
    return f"It grows by {readable(growth.per_day)} a day and is full on {growth.full_on:%Y-%m-%d}."


def describe(growth: Growth) -> str:
    per_day = "" if growth.per_day is None else f", {growth.per_day / 1e6:+,.1f} MB a day"
    return f"{growth.size.name} {readable(growth.size.nbytes)}{per_day}"


__all__ = ["PREFIX", "describe", "fault_key_of", "full_notice", "recovery_line", "when_full"]
