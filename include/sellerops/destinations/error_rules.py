"""Translates drivers' errors into ours: one mechanism with a table of rules for each driver.

The type of our error decides what happens next: fix the configuration, retry, give up, or check the document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sellerops.base.errors import SellerOpsError


@dataclass(frozen=True)
class ErrorRule:
    """``translate(error, where)`` returns our error for every error that ``matches`` accepts.

    ``keeps_cause``: a task's log may print the driver's error, because it quotes no row and no value.
    """

    matches: Callable[[Exception], bool]
    translate: Callable[[Any, str], SellerOpsError]
    keeps_cause: bool = False


def translation(
    kind: type[SellerOpsError], cause: str, remedy: str = "", *, message: Callable[[Any], str]
) -> Callable[[Any, str], SellerOpsError]:
    """A ``translate`` for ``ErrorRule``: ``{}`` in ``cause`` stands for ``message(error)``."""
    return lambda error, where: kind(cause.format(message(error)), where=where, remedy=remedy)


@contextmanager
def typed_errors(where: str, rules: Sequence[ErrorRule]) -> Iterator[None]:
    """Translate a driver's error into ours by the first rule that matches; others propagate unchanged."""
    try:
        yield
    except SellerOpsError:
        raise
    except Exception as error:
        rule = next((each for each in rules if each.matches(error)), None)
        if rule is None:
            raise
        raise rule.translate(error, where) from (error if rule.keeps_cause else None)
