"""Whether the warehouse answers both roles."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from sellerops.base.reader_role import first_line
from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation

NAME = "databases"


def examine_databases(installation: Installation) -> Iterator[Finding]:
    """One finding per connection: ``sellerops_warehouse`` (tasks) and ``sellerops_reader`` (pages)."""
    for name, opened in (
        ("sellerops_warehouse", installation.collecting),
        ("sellerops_reader", installation.reading),
    ):
        try:
            with opened() as connection:
                connection.execute("SELECT 1")
        except psycopg.Error as error:
            yield Finding(
                NAME,
                State.FAILED,
                f"The database of connection {name} does not answer: {first_line(error)}.",
                f"Start Postgres, or correct connection {name} in Admin > Connections.",
            )
        else:
            yield Finding(NAME, State.OK, f"The database of connection {name} answers.")


__all__ = ["NAME", "examine_databases"]
