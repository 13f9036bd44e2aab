"""Normalizes the spelling of headers for comparison."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s_-]+")
_REMARK = re.compile(r"\s*\([^()]*\)\s*$")
# A separator between two digits must stay: 1-80 is not 180.
_BETWEEN_DIGITS = re.compile(r"(?<=\d)\W+(?=\d)|(?<=\d)_+(?=\d)")
_SIGNS = {"%": "percent", "+": "plus", "&": "and", "#": "number"}
# Names that Amazon uses for the same thing in different marketplaces.
_SAME = (("country/region", "country"),)
# British and American spellings, reduced to the part that differs.
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
    """``header`` without differences in case, spaces, hyphens, underscores and composed accents."""
    return _BETWEEN.sub("-", unicodedata.normalize("NFC", header).strip().casefold())


def canonical(header: str) -> str:
    """``header`` reduced to its letters and digits, in American spelling.

    ``StartingWarehouseBalance`` equals ``starting-warehouse-balance``, and ``Country/Region Code`` equals
    ``country_code``. Only a sign between two digits is kept, as a hyphen.
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
    """``header`` without a remark in parentheses at the end."""
    return _REMARK.sub("", header)
