"""What checks examine: the warehouse, through both roles, and the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from sellerops.base import postgres
from sellerops.base.postgres import Timeouts
from sellerops.base.reader_role import open_reader

# Whatever the server does, a check must end within seconds.
_CHECKING = Timeouts(statement=6, lock=2, grace=1)
_NAME = "sellerops doctor"


@dataclass(frozen=True)
class Installation:
    """The addresses of an installation.

    They are functions because reading a connection or variable may fail; the failure is then a finding of the
    check that needs the address.

    :param collector: libpq string of the role that tasks use.
    :param reader: libpq string of the read-only role.
    :param archive: folder or object-storage address of the archive.
    """

    collector: Callable[[], str]
    reader: Callable[[], str]
    archive: Callable[[], str]

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A connection as the reader, in one read-only transaction. Raises psycopg.OperationalError."""
        with open_reader(self.reader(), _CHECKING, application_name=_NAME) as connection:
            yield _with_dicts(connection)

    @contextmanager
    def collecting(self) -> Iterator[psycopg.Connection[DictRow]]:
        """A read-only connection as the collector, for what only that role can see."""
        with postgres.connect(self.collector(), _CHECKING, application_name=_NAME) as connection:
            connection.read_only = True
            yield _with_dicts(connection)


def _with_dicts(connection: psycopg.Connection[Any]) -> psycopg.Connection[DictRow]:
    connection.row_factory = dict_row
    return connection


__all__ = ["Installation"]
