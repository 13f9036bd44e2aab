"""Generates options and lists them, although Amazon's lists are sometimes empty or incomplete."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from sellerops.base.errors import OperationFailed, RequestRefused, RetryableError
from sellerops.inbound.steps.step import Step

log = logging.getLogger(__name__)

_Found = TypeVar("_Found")

# How often options are generated in one try of a step.
MOST_GENERATIONS = 3
# Seconds before each reading of a list: an empty one is read again before its options are generated again.
_PAUSES = (0.0, 5.0, 15.0, 30.0)


class NothingOffered(RetryableError):
    """Amazon lists no usable options, although it generated them."""


async def offered(
    step: Step,
    what: str,
    generate: Callable[[bool], Awaitable[object]],
    list_once: Callable[[], Awaitable[_Found | None]],
    *,
    again: bool = False,
) -> _Found:
    """What Amazon offers after ``generate(again)``. ``list_once``: None if the list is empty or incomplete.

    An empty list is read again after some seconds; then its options are generated again. Raises
    NothingOffered if that does not help either.
    """
    for number in range(MOST_GENERATIONS):
        await generate(again or number > 0)
        for pause in _PAUSES:
            await step.services.pause(pause)
            found = await list_once()
            if found is not None:
                return found
            log.info("run %s: Amazon lists no %s", step.run.id, what)
    raise NothingOffered(
        f"Amazon generated {what} {MOST_GENERATIONS} times but lists none that can be used.",
        where=f"inbound run {step.run.id}, step {step.name}",
        remedy="Nothing: Airflow retries automatically. If that persists, see the plan in Seller Central.",
    )


async def choose(
    step: Step,
    look: Callable[[], Awaitable[object]],
    confirm: Callable[[bool], Awaitable[_Found | None]],
) -> _Found:
    """Confirm an option, once: ``confirm(again)`` picks one of those offered and confirms it.

    Options may expire or vanish between the list and the confirmation. Amazon then refuses the confirmation,
    or its operation fails. If ``look`` finds that nothing was confirmed, others are generated (``again``),
    and one of them is confirmed.
    """
    for number in range(MOST_GENERATIONS):
        try:
            chosen = await confirm(number > 0)
        except (RequestRefused, OperationFailed) as error:
            if number == MOST_GENERATIONS - 1 or not is_about_the_option(error) or await look():
                raise
            log.warning("run %s: %s Options are generated again.", step.run.id, error.cause)
        else:
            if chosen is not None:
                return chosen
    raise AssertionError("unreachable")


def is_about_the_option(error: RequestRefused | OperationFailed) -> bool:
    """Whether other options may help: Amazon says that this one has expired or that it does not know it."""
    problems: Sequence[Mapping[str, Any]] = error.details.get("problems") or ()
    said = " ".join([error.cause, *(str(problem.get("message")) for problem in problems)]).casefold()
    words = (
        "expire",
        "not found",
        "does not exist",
        "no longer",
        "not offered",
        "superseded",
        "cannot be confirmed",
    )
    return error.details.get("status") == 404 or any(word in said for word in words)
