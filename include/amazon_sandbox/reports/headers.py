"""Headers of flat files in the account's language, for the fault `localized_header`.

The translations are invented; the point is that the English names are gone. All letters exist in
Windows-1252.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def localized_headers() -> dict[str, dict[str, str]]:
    """language -> English column name -> name in that language."""
    text = files("amazon_sandbox.reports").joinpath("localized_headers.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {language: {row["name"]: row[language] for row in rows} for language in ("de", "fr")}
