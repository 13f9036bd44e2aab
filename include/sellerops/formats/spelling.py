"""How the spelling of a header is compared."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s_-]+")


def plain(header: str) -> str:
    """``header`` so that capitals, spaces, hyphens, underscores and composed accents do not count."""
    return _BETWEEN.sub("-", unicodedata.normalize("NFC", header).strip().casefold())
