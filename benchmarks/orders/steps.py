"""Measures a step in a process of its own, with its server; also the bare COPY to compare with."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql

from orders.file import bench_slice, bench_spec
from sellerops.archive import Archive
from sellerops.destinations.postgres.shape import Shape
from sellerops.destinations.rejects import RejectSpool
from sellerops.formats import RowStream, open_rows

Step = Callable[[str, Path], dict[str, Any]]
_ADDRESS = "SELLEROPS_BENCH_CONNINFO"
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def server(conninfo: str | None, directory: Path) -> Iterator[str]:
    """The given server, or an embedded one that is stopped afterwards."""
    if conninfo:
        yield conninfo
        return
    from sellerops_runtime.postgres import EmbeddedPostgres

    directory.chmod(0o755)
    embedded = EmbeddedPostgres(
        directory / "server", settings={"shared_buffers": "1GB", "max_wal_size": "8GB", "fsync": "on"}
    )
    embedded.start()
    try:
        yield embedded.url("postgres")
    finally:
        embedded.stop()


def add_step_options(parser: argparse.ArgumentParser, steps: Mapping[str, Step]) -> None:
    """Add the options with which ``run_step`` calls the script."""
    parser.add_argument("--step", choices=sorted(steps), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)


def run_step(script: str, name: str, conninfo: str, path: Path) -> dict[str, Any]:
    """Run one step of ``script`` in a fresh process: its figures, ``peak_rss_mb`` and ``cpu_seconds``."""
    done = subprocess.run(
        [sys.executable, script, "--step", name, "--file", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, _ADDRESS: conninfo},  # not an argument, because other users can see those
    )
    return cast(dict[str, Any], json.loads(done.stdout.splitlines()[-1]))


def be_step(step: Step, path: Path) -> None:
    """Print the figures of a step for ``run_step``.

    ``cpu_seconds`` excludes imports, unless the step reports its own.
    """
    begun = time.process_time()
    figures = step(os.environ[_ADDRESS], path)
    spent = round(time.process_time() - begun, 2)
    print(json.dumps({"cpu_seconds": spent, **figures, "peak_rss_mb": peak_rss_mb()}))


def peak_rss_mb() -> int:
    """Peak memory of this process alone; ``getrusage`` would include that of the parent process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def server_cpu_seconds(connection: psycopg.Connection[Any]) -> float | None:
    """CPU seconds that the connection's backend has used; None for a remote server."""
    try:
        stat = Path(f"/proc/{connection.info.backend_pid}/stat").read_text()
    except OSError:
        return None
    name, _, fields = stat.rpartition(")")
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / _TICKS if "postgres" in name else None


def typed_columns() -> sql.Composable:
    shape = Shape(bench_spec(), "orders")
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in shape.data.items()
    )


def copy_file(connection: psycopg.Connection[Any], path: Path) -> int:
    """COPY the plain file into ``bench_copy``, which is created here; nothing else."""
    connection.execute("DROP TABLE IF EXISTS bench_copy")
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE bench_copy ({})").format(typed_columns()))
    skip = ", ON_ERROR ignore, LOG_VERBOSITY default" if connection.info.server_version >= 170000 else ""
    statement = f"COPY bench_copy FROM STDIN (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', HEADER{skip})"
    with connection.cursor() as cursor, path.open("rb") as file:
        with cursor.copy(statement) as copy:  # type: ignore[arg-type]
            while chunk := file.read(1 << 20):
                copy.write(chunk)
        return cursor.rowcount


def step_copy(conninfo: str, path: Path) -> dict[str, Any]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        begun = time.perf_counter()
        stored = copy_file(connection, path)
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, "server_cpu_seconds": server_cpu_seconds(connection), "stored": stored}


def open_packed(path: Path) -> BinaryIO:
    """Open the document as a load task opens an archived one."""
    return Archive(str(path.parent)).open(str(Path(f"{path}.gz").resolve()))


def bench_rows(stream: BinaryIO, rejects: RejectSpool, kind: str = "tsv") -> RowStream:
    """The file's rows as a load reads them; ``kind``: tsv or csv."""
    spec = bench_spec(kind)
    return open_rows(
        spec.tables["orders"],
        stream,
        file_format=spec.format,
        slice_=bench_slice(),
        content_type="text/plain; charset=utf-8",
        on_reject=rejects.add,
    )
