"""Keeps connections of the read-only role open, so that many threads can reuse them."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from sellerops.base import reader_role
from sellerops.base.postgres import BoundedConnection, Timeouts, is_unreachable

_REFUSED_SECONDS = 5.0


class Readers:
    """Open connections of the read-only role, each used by one thread at a time.

    :param conninfo: libpq string of the read-only role.
    :param timeouts: time limits of each connection.
    :param settings: server settings of each connection.
    :param application: the name under which the server lists each connection.
    """

    def __init__(
        self, conninfo: str, timeouts: Timeouts, settings: Mapping[str, str], application: str
    ) -> None:
        self.conninfo = conninfo
        self._timeouts, self._settings, self._application = timeouts, settings, application
        self._idle: queue.LifoQueue[BoundedConnection[Any]] = queue.LifoQueue()
        self._refused: tuple[float, str] = (0.0, "")

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection in a new read-only transaction. Raises psycopg.OperationalError."""
        connection = self._begin()
        try:
            yield connection
        except psycopg.Error as error:
            self._note(error)
            raise
        finally:
            self._put_back(connection)

    def close(self) -> None:
        """Close the idle connections."""
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _begin(self) -> BoundedConnection[Any]:
        until, reason = self._refused
        if time.monotonic() < until:
            raise psycopg.OperationalError(reason)
        while True:
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return self._open()
            try:
                connection.execute("SELECT 1")
            except psycopg.Error:
                # The server may have restarted since.
                connection.close()
            else:
                return connection

    def _open(self) -> BoundedConnection[Any]:
        try:
            connection = reader_role.open_reader(
                self.conninfo, self._timeouts, application_name=self._application
            )
            connection.autocommit = True
            connection.configure(self._settings)
            connection.autocommit = False
        except psycopg.Error as error:
            self._note(error)
            raise
        connection.prepare_threshold = None
        return connection

    def _put_back(self, connection: BoundedConnection[Any]) -> None:
        try:
            connection.rollback()
        except psycopg.Error:
            connection.close()
        else:
            self._idle.put(connection)

    def _note(self, error: psycopg.Error) -> None:
        if is_unreachable(error):
            self._refused = (time.monotonic() + _REFUSED_SECONDS, reader_role.first_line(error))
