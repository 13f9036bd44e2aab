"""The interface of every destination, and the address of one that defines no address type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.results import LoadResult


@dataclass(frozen=True)
class ConnectionValues:
    """The plain values of the Airflow connection ``sellerops_<name>``: the address of a destination that
    defines no address type. ``extra``: the connection's extra as JSON values.
    """

    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Destination(Protocol):
    """A database for rows. ``load`` is one transaction: it stores all rows of the table, or none."""

    name: str

    def load(self, job: LoadJob) -> LoadResult:
        """Store the rows of ``job``. Safe to repeat, and to run concurrently with other loads."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...
