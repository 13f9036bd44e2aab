"""Opens a destination, a source of its rows or its mart store by the destination's name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.base import Destination
from sellerops.destinations.mart_dialect import MartDialect
from sellerops.destinations.mart_store import MartStore
from sellerops.destinations.row_sources import RowSource
from sellerops.settings.known_destinations import DESTINATIONS

__all__ = [
    "DESTINATIONS",
    "destination_class",
    "mart_dialect_of",
    "open_destination",
    "open_mart_store",
    "open_row_source",
]


def destination_class(name: str) -> Any:
    """The class of the destination ``name``. Raises ConfigurationError for unknown names."""
    if name not in DESTINATIONS:
        raise ConfigurationError(
            f"unknown destination {name!r}.", remedy=f"Use one of: {', '.join(DESTINATIONS)}."
        )
    module, _, attribute = DESTINATIONS[name].class_path.partition(":")
    return getattr(import_module(module), attribute)


def open_destination(name: str, address: Any, *, ledger: str | None = None) -> Destination:
    """The destination ``name`` at ``address``.

    :param address: what the destination's class expects: a connection string for Postgres, a type of its own
        or ``ConnectionValues``.
    :param ledger: connection string of the ledger, which records every load of every destination. Defaults to
        ``address`` if that is a connection string.

    Raises ConfigurationError for unknown names and without a ledger.
    """
    opened = destination_class(name)
    if ledger is None:
        if not isinstance(address, str):
            raise ConfigurationError(
                f"the destination {name!r} was opened without a ledger.",
                remedy="Pass `ledger`: the connection string of the database with the schema `sellerops`.",
            )
        ledger = address
    destination: Destination = opened(address, ledger=ledger)
    return destination


def open_row_source(name: str, address: Any) -> RowSource:
    """A reader of tables in the destination ``name`` at ``address``.

    Raises ConfigurationError for unknown names and for destinations that cannot be read.
    """
    opener = getattr(destination_class(name), "row_source", None)
    if opener is None:
        raise ConfigurationError(
            f"tables of the destination {name!r} cannot be read.", remedy="Export from another destination."
        )
    source: RowSource = opener(address)
    return source


def open_mart_store(name: str, address: Any, *, ledger: str) -> MartStore:
    """The mart store of the destination ``name`` at ``address``.

    Raises ConfigurationError for unknown names and for destinations that cannot hold marts.
    """
    store: MartStore = _of_marts(name, "mart_store")(address, ledger=ledger)
    return store


def mart_dialect_of(name: str) -> MartDialect:
    """The SQL dialect of marts in the destination ``name``. Raises the errors of ``open_mart_store``."""
    dialect: MartDialect = _of_marts(name, "mart_dialect")()
    return dialect


def _of_marts(name: str, attribute: str) -> Any:
    found = getattr(destination_class(name), attribute, None)
    if found is None:
        raise ConfigurationError(
            f"the destination {name!r} cannot hold marts.", remedy="Build marts in Postgres or BigQuery."
        )
    return found
