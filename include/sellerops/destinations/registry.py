"""The destinations there are, by name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from sellerops.destinations.base import Destination
from sellerops.errors import ConfigurationError

# Module and class by name; imported when asked for, so that a missing driver disturbs no other destination.
DESTINATIONS: dict[str, str] = {
    "postgres": "sellerops.destinations.postgres:PostgresDestination",
}


def open_destination(name: str, address: str) -> Destination:
    """The destination ``name`` at ``address``, a connection string. ConfigurationError for unknown names."""
    if name not in DESTINATIONS:
        raise ConfigurationError(
            f"there is no destination {name!r}.", remedy=f"Use one of: {', '.join(DESTINATIONS)}."
        )
    module, _, attribute = DESTINATIONS[name].partition(":")
    opener: Callable[[str], Destination] = getattr(import_module(module), attribute)
    return opener(address)
