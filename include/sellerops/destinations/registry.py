"""Opening a destination by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.base import Destination
from sellerops.settings.known_destinations import DESTINATIONS

__all__ = ["DESTINATIONS", "open_destination"]


def open_destination(name: str, address: Any, *, ledger: str | None = None) -> Destination:
    """The destination ``name`` at ``address``. ConfigurationError for unknown names.

    ``address``: postgres: a connection string; bigquery: ``BigQueryAddress``; others: ``ConnectionValues``.
    ``ledger``: connection string of the ledger, where each load is written down whatever its destination;
    left out, it is ``address``, where that is a connection string itself.
    """
    if name not in DESTINATIONS:
        raise ConfigurationError(
            f"there is no destination {name!r}.", remedy=f"Use one of: {', '.join(DESTINATIONS)}."
        )
    if ledger is None:
        if not isinstance(address, str):
            raise ConfigurationError(
                f"the destination {name!r} was opened without a ledger.",
                remedy="Pass `ledger`: the connection string of the database with the schema `sellerops`.",
            )
        ledger = address
    module, _, attribute = DESTINATIONS[name].partition(":")
    opener: Callable[..., Destination] = getattr(import_module(module), attribute)
    return opener(address, ledger=ledger)
