"""Amazon's answers: a mapping to read from, and the original text to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sellerops.base.errors import UnexpectedAnswer

# JSON allows line breaks between its parts only; inside a string they are escaped.
_ONE_LINE = str.maketrans({"\r": " ", "\n": " "})


class Answer(dict[str, Any]):
    """The body of an answer. ``text`` is the body as Amazon sent it, with all digits of its numbers.

    ``status``: the HTTP status, if known.
    """

    def __init__(self, values: Mapping[str, Any], text: str, status: int | None = None) -> None:
        super().__init__(values)
        self.text, self.status = text, status


def json_line(request: Mapping[str, Any], answer: Mapping[str, Any], name: str = "answer") -> bytes:
    """One line ``{"request": ..., "<name>": ...}`` in UTF-8, with its line end. An Answer is written as
    Amazon sent it, apart from line breaks.
    """
    asked = json.dumps(request, ensure_ascii=False, default=str)
    answered = answer.text if isinstance(answer, Answer) else json.dumps(answer, ensure_ascii=False)
    return f'{{"request": {asked}, "{name}": {answered.translate(_ONE_LINE)}}}\n'.encode()


def text_field(body: Mapping[str, Any], key: str, where: str) -> str:
    """A text that the API's model requires. UnexpectedAnswer if it is missing or empty."""
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"Amazon's answer has no {key}.", where=where)
    return value


def time_field(body: Mapping[str, Any], key: str, where: str) -> datetime | None:
    """An aware time, in UTC if Amazon names no zone; None if missing. UnexpectedAnswer if it is invalid."""
    value = body.get(key)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise UnexpectedAnswer(f"{key} {value!r} is not a valid time.", where=where) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def unknown_status(key: str, status: object, where: str) -> UnexpectedAnswer:
    """The error for a status that the API's model does not list."""
    return UnexpectedAnswer(
        f"Amazon reported the unknown {key} {status!r}.",
        where=where,
        remedy="Nothing is lost: clear the task to ask again; if it happens again, report it.",
        processing_status=str(status),
    )
