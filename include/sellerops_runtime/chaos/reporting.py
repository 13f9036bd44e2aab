"""The report of a night: which faults happened when, what they cost, and what differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sellerops_runtime.chaos.faults import NOT_POSSIBLE
from sellerops_runtime.chaos.judging import headlines
from sellerops_runtime.chaos.running import Event, Night


def report(seed: int, undisturbed: Sequence[Night], broken: Night, promises: Sequence[str]) -> str:
    """The report as text. ``undisturbed``: the system to compare with, if there was one."""
    kinds = Counter(event.step.kind for event in broken.events if event.is_done)
    left_out = Counter(event.step.kind for event in broken.events if event.what == NOT_POSSIBLE)
    failed = len(broken.events) - kinds.total() - left_out.total()
    rows = sum(table.total() for table in broken.outcome.tables.values())
    lines = [
        "",
        f"Seed {seed}: {kinds.total()} faults in {broken.hours:.0f} virtual hours",
        *(
            f"  {event.after:5.0f} s  {event.step.kind}{_lasting(event.step.seconds)}  {event.what}"
            for event in broken.events
        ),
        "",
        *(f"  {times:3}  {kind}" for kind, times in sorted(kinds.items())),
        f"Not counted: {failed} that found nothing to break or could not be done"
        + (f"; left out without root: {_counted(left_out)}" if left_out else "")
        + ".",
        "",
        f"Collected: {rows:,} rows, {broken.outcome.reports.total()} reports"
        + "".join(f"; the undisturbed system {each.outcome.reports.total()} reports" for each in undisturbed)
        + ".",
        f"Components restarted: {_counted(Counter(broken.restarts)) or 'none'}. "
        f"Settled {broken.settling:.0f} s after the last fault.",
        f"By a person: {broken.cleared} runs cleared, {broken.obeyed} restarts that a notice asked for.",
        f"CPU: {broken.cpu:.0f} s broken"
        + "".join(f", {each.cpu:.0f} s undisturbed" for each in undisturbed),
        "",
        "Messages in Slack, without replies:",
        *(
            f"  {times:3}  {headline}"
            for headline, times in sorted(headlines(broken.outcome.messages).items())
        ),
        "",
        *([f"BROKEN  {each}" for each in promises] or ["Every promise was kept."]),
        *([] if undisturbed else ["Rows were not compared: no undisturbed system (--alone)."]),
    ]
    return "\n".join(lines)


def broken_events(events: Sequence[Event]) -> list[str]:
    """Reasons why a night proves nothing: faults that could not be ended, or no fault at all."""
    found = [f"{each.step.kind} {each.what}" for each in events if not each.is_ended]
    return found if any(each.is_done for each in events) else [*found, "no fault was done"]


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} {times} times" if times > 1 else name for name, times in sorted(names.items()))


def _lasting(seconds: float) -> str:
    return f", {seconds:.0f} s" if seconds else ""
