"""How fast a report reaches BigQuery, compared with a bare client's load job of the same file.

    PYTHONPATH=include:plugins python benchmarks/bigquery_load.py      200,000 rows, three rounds
    ... --rows N --repeat N

Runs against the local BigQuery of .venv-bigquery (`make bigquery`), so the seconds are not those of the
service; the ratios compare steps of one run. Prints JSON. Each round:

- ``bare``: ``load_table_from_file`` of the plain file into a typed table, bad rows skipped
- ``parquet``: the same for the valid rows, from an existing Parquet file
- ``stage``: our staging: the gzip stream from the archive as Parquet into an equal table, with rejects kept
- ``load``: our whole load: staging, keys, judgement, the transaction, the ledger

The file is that of benchmarks/load.py: 30 typed columns, raw quotes, several scripts, 0.1 % rows with a bad
number.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from orders import (
    REPORTED_AT,
    bench_rows,
    bench_slice,
    bench_spec,
    open_packed,
    peak_rss_mb,
    write_file,
)

from sellerops.destinations import RequestMeta, load_document, open_destination
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.staging import Parts
from sellerops.destinations.rejects import RejectSpool
from sellerops.ledger import Ledger
from sellerops_runtime.local_bigquery import LOCATION, PROJECT, LocalBigQuery
from sellerops_runtime.postgres import EmbeddedPostgres

_TYPES = {"text": "STRING", "integer": "INT64", "decimal": "NUMERIC", "timestamp": "TIMESTAMP"}


def fields() -> list[bigquery.SchemaField]:
    columns = bench_spec().tables["orders"].columns
    return [bigquery.SchemaField(name, _TYPES[column.type.value]) for name, column in columns.items()]


class Bench:
    """The steps over one local BigQuery and one ledger."""

    def __init__(self, url: str, ledger: str, path: Path) -> None:
        self._url, self._ledger, self._path = url, ledger, path
        self.client = self.new_client()
        self.client.create_dataset(f"{PROJECT}.bare", exists_ok=True)

    def new_client(self) -> bigquery.Client:
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        options = {"api_endpoint": self._url}
        return bigquery.Client(project=PROJECT, credentials=credentials, client_options=options)

    def bare(self) -> int:
        """Load the plain file in one load job; return the number of rows that arrived."""
        config = bigquery.LoadJobConfig(
            source_format="CSV", field_delimiter="\t", quote_character="", skip_leading_rows=1,
            schema=fields(), max_bad_records=1_000_000, write_disposition="WRITE_TRUNCATE",
        )  # fmt: skip
        with self._path.open("rb") as file:
            job = self.client.load_table_from_file(file, f"{PROJECT}.bare.orders", job_config=config)
        return int(job.result().output_rows or 0)

    def parquet(self) -> int:
        """Load the valid rows from Parquet files with load jobs."""
        if not hasattr(self, "_made"):
            self._made = self._as_parquet(self._path.parent / "parquet")[0]
        return self._upload(self._made)

    def stage(self) -> int:
        """Run our load up to the staging table; return the number of rows that arrived."""
        with tempfile.TemporaryDirectory() as folder:
            files, rejected, rows_in_file = self._as_parquet(Path(folder))
            arrived = self._upload(files)
        assert arrived + rejected == rows_in_file
        return arrived

    def _as_parquet(self, folder: Path) -> tuple[list[Path], int, int]:
        """The Parquet files, the rejected rows, and the rows in the file."""
        folder.mkdir(exist_ok=True)
        with RejectSpool() as rejects, open_packed(self._path) as stream:
            rows = bench_rows(stream, rejects)
            parts = Parts(folder, frozenset())
            parts.write(rows.schema, rows)
            return parts.files, len(rejects), rows.rows_in_file

    def _upload(self, files: list[Path]) -> int:
        arrived = 0
        for path in files:
            config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
            with path.open("rb") as file:
                job = self.client.load_table_from_file(file, f"{PROJECT}.bare.staged", job_config=config)
            arrived += int(job.result().output_rows or 0)
        return arrived

    def load(self) -> int:
        """Run our whole load into a new table; return the number of stored rows."""
        with suppress(NotFound):
            self.client.delete_dataset(f"{PROJECT}.bench", delete_contents=True)
        address = BigQueryAddress(client=self.new_client, project=PROJECT, location=LOCATION)
        destination = open_destination("bigquery", address, ledger=self._ledger)
        meta = RequestMeta(REPORTED_AT, content_type="text/plain; charset=utf-8", where=str(self._path))
        try:
            (result,) = load_document(
                destination, bench_spec(), bench_slice(), meta, lambda: open_packed(self._path)
            )
        finally:
            destination.close()
        return result.stored


def measure(bench: Bench, rows: int, repeat: int) -> dict[str, Any]:
    steps: dict[str, Callable[[], int]] = {
        "bare": bench.bare,
        "parquet": bench.parquet,
        "stage": bench.stage,
        "load": bench.load,
    }
    bench.parquet()  # writes its files
    rounds: list[dict[str, float]] = []
    stored: dict[str, int] = {}
    for _ in range(repeat):
        seconds = {}
        for name, step in steps.items():
            begun = time.perf_counter()
            stored[name] = step()
            seconds[name] = time.perf_counter() - begun
        rounds.append(seconds)
    assert len(set(stored.values())) == 1, stored
    best = {name: min(one[name] for one in rounds) for name in steps}
    return {
        "rows": rows,
        "stored": stored["load"],
        **{f"{name}_rows_per_second": round(rows / seconds) for name, seconds in best.items()},
        "stage_to_bare": [round(one["bare"] / one["stage"], 2) for one in rounds],
        "stage_to_parquet": [round(one["parquet"] / one["stage"], 2) for one in rounds],
        "whole_load_times_bare": [round(one["load"] / one["bare"], 2) for one in rounds],
        "peak_rss_mb": peak_rss_mb(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3, help="rounds; all ratios are shown")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="sellerops-bench-"))
    directory.chmod(0o755)
    data = directory / "bigquery"
    data.mkdir()
    postgres = EmbeddedPostgres(directory / "server")
    local = LocalBigQuery(env=os.environ, logs=directory / "logs", run_dir=directory / "run", data=data)
    try:
        postgres.start()
        local.start()
        ledger = Ledger(postgres.url("postgres"))
        ledger.migrate()
        ledger.close()
        path = directory / "orders.tsv"
        write_file(path, options.rows)
        bench = Bench(local.url, postgres.url("postgres"), path)
        print(json.dumps(measure(bench, options.rows, options.repeat), indent=2))
    finally:
        local.component.stop()
        postgres.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
