"""The small tables under `data/`: read once, UTF-8."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `data/<name>.csv` as dictionaries.

    Names and comments contain literal quote marks and commas, so all tables except marketplaces are split at
    `|` without a quote character.
    """
    delimiter = "," if name == "marketplaces" else "|"
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE))
