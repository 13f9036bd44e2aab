"""How much of what is long a run does. ``SELLEROPS_WHOLE_SUITE=1`` does all of it, as before a release."""

from __future__ import annotations

import os

IS_WHOLE_SUITE = os.environ.get("SELLEROPS_WHOLE_SUITE") == "1"


def examples(number: int) -> int:
    """The made-up cases of a property, where a case takes long: a third of ``number``, or all of them."""
    return number if IS_WHOLE_SUITE else -(-number // 3)
