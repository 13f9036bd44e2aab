"""The steps of one load: stage the rows, write them in one transaction, record them in the ledger."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
from google.cloud import bigquery

from sellerops.base.errors import CheckFailed, Quarantined
from sellerops.base.postgres import BoundedConnection
from sellerops.base.sessions import session_lock
from sellerops.destinations import intents
from sellerops.destinations.bigquery.address import BigQueryAddress
from sellerops.destinations.bigquery.history import History, as_object, as_text
from sellerops.destinations.bigquery.jobs import Jobs
from sellerops.destinations.bigquery.plan import Plan, Planner
from sellerops.destinations.bigquery.shape import BigQueryShape
from sellerops.destinations.bigquery.staging import Parts
from sellerops.destinations.bigquery.statements import Statements
from sellerops.destinations.bigquery.sums import BigQuerySums
from sellerops.destinations.bigquery.tables import Tables, labels_of
from sellerops.destinations.bigquery.views import Views, views_mark
from sellerops.destinations.differences import record_definition, stored_definition
from sellerops.destinations.jobs import LoadJob, refuse_mostly_rejected
from sellerops.destinations.ledger_rows import (
    Watermarks,
    drift_changes,
    has_columns,
    load_values,
    record_personal_columns,
)
from sellerops.destinations.quarantining import quarantine_key, record_quarantined, refuse_implausible
from sellerops.destinations.results import LoadResult, load_counts
from sellerops.formats.rows import RejectReason, RowReject
from sellerops.ledger.models import LoadCounts

_SYSTEM = frozenset({"source_line", "line_hash", "marketplace_id"})


@dataclass
class Load:
    """One load, over one connection to the ledger whose session holds the locks."""

    connection: BoundedConnection[Any]
    client: bigquery.Client
    address: BigQueryAddress
    destination: str
    job: LoadJob
    where: str

    def run(self) -> LoadResult:
        self._begun = time.monotonic()
        shape = BigQueryShape(self.job.spec, self.job.table)
        self._jobs = Jobs(self.client, self.address, labels_of(self.address.labels, shape))
        self._tables = Tables(self.client, self.address)
        with self._locked(f"{self.job.full_name}:{self.job.slice.account_id}:{self.job.place}"):
            self._recover_earlier()
            self._load_id, self._started_at = self._open()
            with tempfile.TemporaryDirectory(prefix="sellerops-load-") as folder:
                personal = frozenset(self.job.table_spec.personal_columns)
                parts = Parts(Path(folder), personal)
                parts.write(self.job.rows.schema, self.job.rows)
                record_personal_columns(self.connection, self.job)
                refuse_mostly_rejected(self.job, where=self.where)
                return self._with_tables(parts)

    def _with_tables(self, parts: Parts) -> LoadResult:
        shape = BigQueryShape(self.job.spec, self.job.table, tuple(self.job.rows.drift.added))
        with self._locked(self.job.full_name):
            definition = stored_definition(self.connection, self.destination, shape.full_name)
            new_columns = self._tables.ensure(shape, parts.wide, definition)
            record_definition(
                self.connection,
                self.destination,
                shape,
                lambda: self._describe(shape),
                views=views_mark(shape.full_name),
            )
            self._tables.ensure_shared_stock_view(shape)
        nonce = self._jobs.name(self._load_id, "x").rsplit("_", 1)[-1]
        staging, ready, after = (
            self._tables.staging_name(self._load_id, nonce, step) for step in ("rows", "ready", "after")
        )
        try:
            self._upload(parts, staging)
            statements = Statements(
                shape=shape,
                landing=self._tables.full_name(shape),
                staging=staging,
                ready=ready,
                types=self._tables.columns(shape),
                staged=frozenset(parts.schema.names if parts.schema else ()) - _SYSTEM,
                values=self.job.row_values(self._load_id),
                timezone=self.job.slice.timezone,
                has_twin=self._has_twin(),
            )
            self._run("ready", statements.prepare())
            try:
                return self._settle(statements, after, parts, new_columns)
            except Quarantined as error:
                raise record_quarantined(self.connection, self.job, self.destination, error) from None
        finally:
            # They expire after a day; an error here must not hide one that matters.
            for name in (staging, ready, after):
                with contextlib.suppress(GoogleAPIError, OSError):
                    self._tables.drop(name)

    def _describe(self, shape: BigQueryShape) -> None:
        self._tables.describe(shape)
        Views(self.client, self._tables).refresh(shape)

    def _settle(
        self, statements: Statements, after: str, parts: Parts, new_columns: Sequence[str]
    ) -> LoadResult:
        """Check plausibility, count the rows, record the intent, write, and complete the intent."""
        job, jobs = self.job, self._jobs
        marks = Watermarks.of(self.connection, self.destination, job)
        sums = BigQuerySums(statements, self._run)
        refuse_implausible(marks, job, sums)
        history = History(statements, frozenset(new_columns), job.request.reported_at)
        plan = Planner(statements, after, history, marks, job, self._run, self.where).plan()
        counts = load_counts(job, plan.counts, losing=plan.losing, begun=self._begun)
        self._check(parts.rows, plan, counts)
        job_id = jobs.name(self._load_id, "write")
        intents.record(
            self.connection,
            intents.Intent(
                load=load_values(job, self.destination, self._load_id, self._started_at, counts),
                place=job.place,
                job_id=job_id,
                marked_place=marks.place,
                days=tuple(plan.days),
                columns=tuple(self._drift(statements)),
                quarantine=quarantine_key(job) if job.table_spec.may_quarantine else None,
                rejects=self._rejects(statements, plan.losing),
                changes=plan.changes,
            ),
        )
        if plan.write is not None:
            self._write(job_id, plan)
        counts = replace(counts, seconds=time.monotonic() - self._begun, bytes_processed=jobs.bytes)
        measured = {
            "seconds": counts.seconds,
            "bytes_processed": counts.bytes_processed,
            "job_ids": list(jobs.ids),
        }
        changed = intents.complete(self.connection, self._load_id, measured)
        return LoadResult.of(
            job,
            self._load_id,
            counts,
            losing=plan.losing,
            new_columns=new_columns,
            changed_columns=changed,
            job_ids=tuple(jobs.ids),
        )

    def _write(self, job_id: str, plan: Plan) -> None:
        """Run the write. Discard its intent if the write certainly failed; if it may have run, leave the
        intent for the next load to recover.
        """
        assert plan.write is not None
        try:
            with self._locked(self.job.full_name):
                self._jobs.query(job_id, *plan.write)
        except GoogleAPICallError:
            if not self._jobs.has_run(job_id):
                intents.discard(self.connection, self._load_id)
                raise

    def _recover_earlier(self) -> None:
        """Complete or discard what interrupted loads left at this place."""
        intents.recover(
            self.connection,
            self.destination,
            self.job.full_name,
            self.job.slice.account_id,
            self.job.place,
            self._jobs.has_run,
        )

    def _open(self) -> tuple[int, datetime]:
        row = self.connection.execute("SELECT nextval('sellerops.load_id'), sellerops.now()").fetchone()
        assert row is not None
        return int(row[0]), row[1].astimezone(UTC)

    def _locked(self, name: str) -> contextlib.AbstractContextManager[None]:
        """A lock private to this destination; it also ends with the session."""
        return session_lock(self.connection, f"sellerops.{self.destination}:{name}")

    def _upload(self, parts: Parts, staging: str) -> None:
        fields = parts.fields()
        self._tables.make_staging(staging, fields)
        for number, path in enumerate(parts.files):
            names = set(pq.read_schema(path).names)
            name = self._jobs.name(self._load_id, f"rows{number}")
            self._jobs.upload(name, path, staging, [each for each in fields if each.name in names])

    def _has_twin(self) -> bool:
        """Whether a document with the same ``reported_at`` was loaded; only then are long texts compared."""
        row = self.connection.execute(
            "SELECT EXISTS (SELECT FROM sellerops.load WHERE destination = %s AND table_name = %s "
            "AND account_id = %s AND reported_at = %s)",
            (self.destination, self.job.full_name, self.job.slice.account_id, self.job.request.reported_at),
        ).fetchone()
        return bool(row and row[0])

    def _run(self, step: str, statement: tuple[str, Any]) -> Any:
        return self._jobs.query(self._jobs.name(self._load_id, step), *statement)

    def _drift(self, statements: Statements) -> list[tuple[str, str]]:
        job = self.job
        if not has_columns(job):
            return []
        known = {*job.table_spec.columns, *statements.shape.system_types}
        extra = [name for name in statements.types if name not in known]
        return drift_changes(self.connection, job, job.rows.drift, extra)

    def _rejects(self, statements: Statements, losing: int) -> Iterator[RowReject]:
        yield from self.job.rejects
        if not losing:
            return
        key = statements.shape.staged_key
        for row in self._run("losing", statements.losing()):
            cells = dict(row.items())
            line = int(cells.pop("source_line"))
            value = " ".join(text for text in (as_text(row[name]) for name in key) if text is not None)
            yield RowReject(line, RejectReason.DUPLICATE_KEY, ", ".join(key), value, as_object(cells))

    def _check(self, staged: int, plan: Plan, counts: LoadCounts) -> None:
        """Raise CheckFailed, before anything is written, unless every row is stored or rejected."""
        spooled = len(self.job.rejects)
        if (
            counts.rows_in_file == counts.stored + counts.rejected
            and staged == plan.staged == counts.stored + plan.losing
            and spooled == counts.rejected - plan.losing
        ):
            return
        raise CheckFailed(
            f"the file has {counts.rows_in_file} rows, but {counts.stored} would be stored and "
            f"{counts.rejected} rejected ({staged} uploaded, {plan.staged} arrived, {spooled} reject lines).",
            where=self.where,
            remedy="Nothing was stored. This is a bug in sellerops: report it with the archived document.",
        )
