"""Collects and loads as tasks do, without Airflow: plan, request, wait, archive, load.

Slices wait side by side, as in the triggerer. A slice that failed with a retryable error is tried up to
``TRIES`` times, as Airflow would.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg

from sellerops.archive import Archive
from sellerops.base.errors import RetryableError, SellerOpsError, SkipError
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, WaitFor
from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.ledger import Ledger, RunRef
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.registry import source_of
from side import ACCOUNT, REPORTS, Wanted, days

# The tries of a fetch and a load task together.
TRIES = 8


class Collection:
    """Collects slices of one account into the database of ``ledger``."""

    def __init__(self, ledger: Ledger, archive: Archive) -> None:
        told, base = json.loads(os.environ["SANDBOX_CREDENTIALS"]), os.environ["SANDBOX_URL"]
        self._credentials = Credentials(
            told["lwa_app_id"],
            told["lwa_client_secret"],
            told["refresh_token"],
            base,
            f"{base}/auth/o2/token",
        )
        self._ledger, self._archive = ledger, archive
        self._account = load_accounts()[ACCOUNT]
        self._limits = QuotaLedger(ledger, load_rate_limits())
        self._destination = PostgresDestination(ledger.database.conninfo)

    def slices(self, report: str) -> list[Slice]:
        now = self._ledger.clock().now()
        spec = load_spec(report)
        # A day at a time, like the other clients.
        spec = spec.model_copy(update={"period": spec.period.model_copy(update={"max_days": 1})})
        return plan_slices(
            spec,
            self._account,
            run_at=now,
            now=now,
            from_day=days()[0],
            to_day=days()[-1],
        )

    def collect(self, report: str, slice_: Slice) -> None:
        """Collect and load one slice. Raises the last error when it fails for good."""
        for attempt in range(TRIES):
            try:
                return self._once(report, slice_)
            except SkipError:
                return None
            except RetryableError:
                if attempt == TRIES - 1:
                    raise
        return None

    def _once(self, report: str, slice_: Slice) -> None:
        spec, run = load_spec(report), RunRef("side_by_side", report, "fetch_report", 0, 1, report)
        client = source_of(spec.source).client(self._account, self._credentials, self._ledger, self._limits)
        collector = Collector(spec, self._account, client, self._ledger, self._limits, self._archive)
        ids: tuple[int, ...] = ()
        while isinstance(step := collector.advance(slice_, run, request_ids=ids), WaitFor):
            waited = asyncio.run(collector.wait(slice_, run, request_ids=step.request_ids))
            waited.raise_if_failed()
            ids = waited.request_ids
        for one in step.request_ids:
            request = self._ledger.get_request(one)
            uri = str(request.archive_uri)
            load_document(
                self._destination,
                spec,
                slice_,
                RequestMeta.of(request),
                lambda uri=uri: self._archive.open(uri),
            )


def stored(conninfo: str, wanted: Wanted) -> list[tuple[str, ...]]:
    """The keys of a table's rows, one for each row."""
    columns = ", ".join(name.replace("-", "_") for name in wanted.key)
    with psycopg.connect(conninfo) as connection:
        if connection.execute("SELECT to_regclass(%s)", [f"amazon_sp.{wanted.spec}"]).fetchone() == (None,):
            return []
        found = connection.execute(f"SELECT {columns} FROM amazon_sp.{wanted.spec}".encode()).fetchall()
    return [wanted.key_of(dict(zip(wanted.key, row, strict=True))) for row in found]


def main(out: Path) -> None:
    conninfo = os.environ["SIDE_WAREHOUSE"]
    failed = []
    with closing(Ledger(conninfo)) as ledger, ThreadPoolExecutor(16) as pool:
        collection = Collection(ledger, Archive(str(out.parent / "archive")))
        jobs = [
            (wanted, slice_, pool.submit(collection.collect, wanted.spec, slice_))
            for wanted in REPORTS
            for slice_ in collection.slices(wanted.spec)
        ]
        for wanted, slice_, job in jobs:
            try:
                job.result()
            except SellerOpsError as error:
                failed.append(f"{wanted.spec} {slice_.label}: {type(error).__name__}: {error.cause}")
    rows = {wanted.type: stored(conninfo, wanted) for wanted in REPORTS}
    out.write_text(json.dumps({"rows": rows, "failed": failed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
