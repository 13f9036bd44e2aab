"""Measures how large databases and folders are, and how full their file systems are, once a day."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, TupleRow, tuple_row

from sellerops.storage import local_path
from sellerops.upkeep.storage import Folder

# Environment variable with the machine's name: a container's host name changes whenever it is recreated.
MACHINE = "SELLEROPS_MACHINE"
_BIGGEST_TABLES = 10


class Kind(StrEnum):
    """What was measured. Only a FILE_SYSTEM, and a DATABASE with a limit, can be full."""

    FILE_SYSTEM = "file_system"
    DATABASE = "database"
    SCHEMA = "schema"
    TABLE = "table"
    FOLDER = "folder"


@dataclass(frozen=True)
class Size:
    """One size. ``nbytes``: bytes used. ``free``: bytes left; None where that is unknown."""

    kind: Kind
    name: str
    nbytes: int
    free: int | None = None


@dataclass(frozen=True)
class Sample:
    """A size as it was ``at`` a moment (real time)."""

    size: Size
    at: datetime


def measure_database(connection: psycopg.Connection[Any], limit: int | None = None) -> list[Size]:
    """The sizes of a connection's database, its schemas and its largest tables (with indexes), in bytes.

    ``limit``: how large the database may become, in bytes.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        return _measure(cursor, limit)


def _measure(cursor: psycopg.Cursor[TupleRow], limit: int | None) -> list[Size]:
    name, nbytes = cursor.execute(
        "SELECT current_database(), pg_database_size(current_database())"
    ).fetchone() or ("", 0)
    tables = cursor.execute(
        """
        SELECT n.nspname, c.relname, pg_total_relation_size(c.oid) AS nbytes
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        ORDER BY 3 DESC
        """
    ).fetchall()
    schemas: dict[str, int] = {}
    for schema, _, size in tables:
        schemas[schema] = schemas.get(schema, 0) + size
    free = None if limit is None else max(0, limit - nbytes)
    return [
        Size(Kind.DATABASE, str(name), nbytes, free),
        *(Size(Kind.SCHEMA, f"{name}.{schema}", size) for schema, size in sorted(schemas.items())),
        *(
            Size(Kind.TABLE, f"{name}.{schema}.{table}", size)
            for schema, table, size in tables[:_BIGGEST_TABLES]
        ),
    ]


def measure_folders(folders: Mapping[str, str]) -> list[Size]:
    """The sizes of folders, and of the file systems of the local ones.

    ``folders``: address by name. The size of a folder excludes the other folders that are inside it.
    """
    found = [Size(Kind.FOLDER, name, _used(uri, folders.values())) for name, uri in folders.items()]
    return [*found, *measure_file_systems(path for path in map(local_path, folders.values()) if path)]


def _used(uri: str, others: Iterable[str]) -> int:
    inner = [
        other.rstrip("/")[len(uri.rstrip("/")) + 1 :] + "/"
        for other in others
        if other.rstrip("/").startswith(f"{uri.rstrip('/')}/")
    ]
    sizes = Folder(uri).sizes()
    return sum(size for path, size in sizes.items() if not path.startswith(tuple(inner)))


def measure_file_systems(paths: Iterable[Path]) -> list[Size]:
    """The file systems on which these paths are, or will be; each once, named by machine and mount point."""
    machine = os.environ.get(MACHINE) or socket.gethostname()
    found = {}
    for path in paths:
        there = next((each for each in (path, *path.parents) if each.exists()), Path("/"))
        device = there.stat().st_dev
        if device not in found:
            usage = shutil.disk_usage(there)
            name = f"{machine}:{_mount_point(there)}"
            found[device] = Size(Kind.FILE_SYSTEM, name, usage.used, usage.free)
    return list(found.values())


def _mount_point(path: Path) -> Path:
    while not os.path.ismount(path) and path != path.parent:
        path = path.parent
    return path


def record_sizes(connection: psycopg.Connection[Any], sizes: Iterable[Size]) -> None:
    """Record the sizes in the ledger, with the current time (real time)."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sellerops.size_sample (kind, name, nbytes, free) VALUES (%s, %s, %s, %s)",
            [(str(each.kind), each.name, each.nbytes, each.free) for each in sizes],
        )


def read_samples(connection: psycopg.Connection[DictRow], days: int = 30) -> Iterator[Sample]:
    """The samples of the last days, oldest first."""
    rows = connection.execute(
        """
        SELECT kind, name, nbytes, free, sampled_at FROM sellerops.size_sample
        WHERE sampled_at > clock_timestamp() - make_interval(days => %s) ORDER BY sampled_at
        """,
        (days,),
    ).fetchall()
    for row in rows:
        size = Size(Kind(row["kind"]), row["name"], row["nbytes"], row["free"])
        yield Sample(size, row["sampled_at"])


__all__ = [
    "MACHINE",
    "Kind",
    "Sample",
    "Size",
    "measure_database",
    "measure_file_systems",
    "measure_folders",
    "read_samples",
    "record_sizes",
]
