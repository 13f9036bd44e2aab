"""Reads query parameters by the types of Amazon's models; anything else is 400 with Amazon's message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import FORBIDDEN, ApiError, invalid_input
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.simulation import Seller


def text(query: QueryParams, name: str) -> str | None:
    """A text; None when absent. An empty one is refused."""
    value = query.get(name)
    if value is not None and not value.strip():
        raise invalid_input(f"Invalid value for {name}", "it is empty")
    return value


def needed(query: QueryParams, name: str) -> str:
    """A required text."""
    value = text(query, name)
    if value is None:
        raise missing(name)
    return value


def missing(name: str) -> ApiError:
    """The error for a missing parameter."""
    return invalid_input("One or more required parameters missing", f"{name};")


def flag(query: QueryParams, name: str) -> bool:
    """`true` or `false`, in any case, since the official SDK writes `True`; false when absent."""
    value = query.get(name, "false")
    if value.lower() not in ("true", "false"):
        raise invalid_input(f"Invalid value for {name}", value)
    return value.lower() == "true"


def choice(query: QueryParams, name: str, known: Iterable[str], default: str | None = None) -> str | None:
    """One of the enum's values."""
    value = query.get(name, default)
    if value is not None and value not in known:
        raise invalid_input(f"Invalid value for {name}", f"{value}; one of {', '.join(known)}")
    return value


def choices(query: QueryParams, name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Values of an enum, joined by commas or repeated."""
    values = texts(query, name)
    for value in values:
        if value not in known:
            raise invalid_input(f"Invalid value for {name}", f"{value}; one of {', '.join(known)}")
    return values


def texts(query: QueryParams, name: str, most: int | None = None) -> tuple[str, ...]:
    """Values joined by commas or repeated."""
    if name not in query:
        return ()
    values = tuple(part.strip() for one in query.getlist(name) for part in one.split(","))
    if not all(values):
        raise invalid_input(f"Invalid value for {name}", "an empty element")
    if most is not None and len(values) > most:
        raise invalid_input(f"Too many values for {name}", f"at most {most}")
    return values


def integer(query: QueryParams, name: str, least: int, most: int, default: int) -> int:
    """A whole number within bounds."""
    value = query.get(name, str(default))
    if not re.fullmatch(r"\d{1,6}", value, re.ASCII) or not least <= int(value) <= most:
        raise invalid_input(f"Invalid value for {name}: it must be from {least} to {most}", value)
    return int(value)


def instant(query: QueryParams, name: str) -> datetime | None:
    """An ISO 8601 date or date-time, UTC when it names no offset."""
    if name not in query:
        return None
    # A + that was not percent-encoded arrives as a space.
    parsed = parse_instant(re.sub(r" (\d\d:?\d\d)$", r"+\1", query[name]))
    if parsed is None:
        raise invalid_input(f"Invalid value for {name}: not an ISO 8601 date time", query[name])
    return parsed[0]


def own_marketplaces(
    query: QueryParams, name: str, seller: Seller, most: int | None = None
) -> tuple[str, ...]:
    """Ids of marketplaces in which the seller sells; 403 for others."""
    ids = tuple(dict.fromkeys(texts(query, name, most)))
    if not set(ids) <= set(seller.marketplace_ids):
        raise FORBIDDEN
    return ids
