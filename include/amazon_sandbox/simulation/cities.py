"""Cities that simulated buyers live in."""

from __future__ import annotations

from amazon_sandbox.simulation import tables


def cities_of(country: str) -> tuple[dict[str, str], ...]:
    """Rows of ``data/cities.csv``: cities that orders of a marketplace's country ship to."""
    return tuple(row for row in tables.rows("cities") if row["country"] == country)
