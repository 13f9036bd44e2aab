"""How the spelling of a header is compared."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s_-]+")
_REMARK = re.compile(r"\s*\([^()]*\)\s*$")
# Between two digits something must stay: 1-80 is not 180.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\W+(?=\d)|(?<=\d)_+(?=\d)")
_SIGNS = {"%": "percent", "+": "plus", "&": "and", "#": "number"}
# As Amazon calls one thing in different stores.
_SAME = (("country/region", "country"),)
# British spellings by the part that differs; what stands before and behind them is the same.
_AMERICAN = (
    ("fulfilment", "fulfillment"),
    ("instalment", "installment"),
    ("enrolment", "enrollment"),
    ("cancelled", "canceled"),
    ("labelled", "labeled"),
    ("labelling", "labeling"),
    ("catalogue", "catalog"),
    ("programme", "program"),
    ("cheque", "check"),
    ("licence", "license"),
    ("centre", "center"),
    ("metres", "meters"),
    ("metre", "meter"),
    ("litres", "liters"),
    ("litre", "liter"),
    ("colour", "color"),
    ("favourite", "favorite"),
    ("behaviour", "behavior"),
    ("honour", "honor"),
    ("grey", "gray"),
    ("isation", "ization"),
)


def plain(header: str) -> str:
    """``header`` so that capitals, spaces, hyphens, underscores and composed accents do not count."""
    return _BETWEEN.sub("-", unicodedata.normalize("NFC", header).strip().casefold())


def canonical(header: str) -> str:
    """``header`` by its letters and digits alone, in American spelling.

    ``StartingWarehouseBalance`` is ``starting-warehouse-balance`` and ``Country/Region Code`` is
    ``country_code``. Only a sign between two digits still parts them.
    """
    text = unicodedata.normalize("NFKC", header).strip().casefold()
    for written, meant in _SAME:
        text = text.replace(written, meant)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = _BETWEEN_DIGITS.sub("\0", text)
    text = "".join(
        character for character in text if character == "\0" or unicodedata.category(character)[0] in "LMN"
    )
    for british, american in _AMERICAN:
        text = text.replace(british, american)
    return text.replace("\0", "-")


def without_remark(header: str) -> str:
    """``header`` without a remark in parentheses at its end."""
    return _REMARK.sub("", header)
