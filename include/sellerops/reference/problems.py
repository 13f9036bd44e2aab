"""Problems of imported reference data, collected and raised together with their lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sellerops.base.errors import InvalidRows

_MOST_SHOWN = 50
_LONGEST_VALUE = 60


@dataclass(frozen=True)
class Problem:
    """One problem. ``place``: a line and column of the file, or a row of the call."""

    place: str
    cause: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.cause} {self.remedy}"


def quoted(value: object) -> str:
    """A value in quotes, shortened for a message."""
    text = " ".join(str(value).split())
    return f"'{text[:_LONGEST_VALUE]}…'" if len(text) > _LONGEST_VALUE else f"'{text}'"


def raise_problems(problems: Sequence[Problem], where: str) -> None:
    """Raise InvalidRows that lists the problems, if there are any.

    ``details["problems"]`` has place, cause and remedy of each problem; the text has the first fifty.
    """
    if not problems:
        return
    lines = [f"{number}. {each}" for number, each in enumerate(problems[:_MOST_SHOWN], 1)]
    if len(problems) > _MOST_SHOWN:
        lines.append(f"… and {len(problems) - _MOST_SHOWN} more.")
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    raise InvalidRows(
        f"{count}; nothing was changed.\n" + "\n".join(lines) + "\n",
        where=where,
        remedy="Correct these lines, then import the whole file again.",
        problems=[asdict(each) for each in problems],
    )
