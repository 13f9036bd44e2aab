"""Amazon's answers as it wrote them: a mapping to look into, and the text to keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# JSON allows line breaks between its parts only; inside a string they are escaped.
_ONE_LINE = str.maketrans({"\r": " ", "\n": " "})


class Answer(dict[str, Any]):
    """The body of an answer. ``text`` is the body as Amazon sent it: its numbers to the last digit."""

    def __init__(self, values: Mapping[str, Any], text: str) -> None:
        super().__init__(values)
        self.text = text


def json_line(request: Mapping[str, Any], answer: Mapping[str, Any], name: str = "answer") -> bytes:
    """One line ``{"request": ..., "<name>": ...}``, UTF-8, with its line end; an Answer stands in it as
    Amazon wrote it.
    """
    asked = json.dumps(request, ensure_ascii=False, default=str)
    told = answer.text if isinstance(answer, Answer) else json.dumps(answer, ensure_ascii=False)
    return f'{{"request": {asked}, "{name}": {told.translate(_ONE_LINE)}}}\n'.encode()
