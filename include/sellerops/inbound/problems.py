"""Problems of a request: collecting them, and raising them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.models import Problem

# As many as fit on one screen of a task log and into a notice in Slack.
MOST_SHOWN = 20
# All of these travel through Airflow's database to the task that fails.
_MOST_KEPT = 500
_LONGEST_VALUE = 60


class Problems(list[Problem]):
    """A list of problems, filled while something is read or checked."""

    def note(self, place: str, cause: str, remedy: str) -> None:
        self.append(Problem(place, cause, remedy))

    def note_once(self, place: str, cause: str, remedy: str) -> None:
        """Note a problem, unless one with the same cause and remedy is already noted for another place."""
        if all((each.cause, each.remedy) != (cause, remedy) for each in self):
            self.note(place, cause, remedy)


def quoted(value: object) -> str:
    """A value of the form or the packing list in quotes, shortened for a message."""
    text = " ".join(str(value).split())
    return f"'{text[:_LONGEST_VALUE]}…'" if len(text) > _LONGEST_VALUE else f"'{text}'"


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise InvalidRequest that lists the problems; return if there are none.

    At most MOST_SHOWN are part of the text; ``details["problems"]`` has place, cause and remedy of the first
    500.
    """
    if not problems:
        return
    details = [asdict(each) for each in problems[:_MOST_KEPT]]
    if len(problems) == 1:
        only = problems[0]
        raise InvalidRequest(only.cause, where=only.place, remedy=only.remedy, problems=details)
    lines = [
        f"{number}. {each.place}: {each.cause} {each.remedy}"
        for number, each in enumerate(problems[:MOST_SHOWN], 1)
    ]
    if len(problems) > MOST_SHOWN:
        lines.append(f"… and {len(problems) - MOST_SHOWN} more.")
    raise InvalidRequest(
        f"{len(problems)} problems; nothing was created at Amazon.\n" + "\n".join(lines) + "\n",
        where="inbound request",
        problems=details,
    )
