"""The jobs of one load: named before they are sent, labelled and counted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.api_core.exceptions import Conflict, GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from sellerops.destinations.bigquery.address import BigQueryAddress

# A load's job that takes longer is stuck; BigQuery itself ends queries after six hours.
JOB_SECONDS = 7_200.0
# Takes the name of a job that was not sent, so that it can never run later.
_FENCE = "SELECT 1"
Parameters = Mapping[str, tuple[str, Any]]


class Jobs:
    """Runs jobs one after the other. A name is used only once, so after a lost response the job with that
    name is ours.

    ``ids``: the jobs run so far. ``bytes``: how many bytes they processed; None if the service does not
    report it.
    """

    def __init__(self, client: bigquery.Client, address: BigQueryAddress, labels: Mapping[str, str]) -> None:
        self._client = client
        self._address = address
        self._labels = dict(labels)
        self._retry = DEFAULT_RETRY.with_timeout(address.patience)
        self._nonce = uuid.uuid4().hex[:12]
        self.ids: list[str] = []
        self._processed: list[int] = []

    @property
    def bytes(self) -> int | None:
        # The local server reports 0 for every job.
        return sum(self._processed) or None

    def name(self, load_id: int, step: str) -> str:
        """The name of a job of this load, unique across loads and ledgers."""
        return f"sellerops_{load_id}_{step}_{self._nonce}"

    def query(self, job_id: str, statement: str, parameters: Parameters) -> Any:
        """Run a statement or script to completion; returns its rows, fetched page by page."""
        config = bigquery.QueryJobConfig(
            query_parameters=[_parameter(name, *each) for name, each in parameters.items()],
            labels=self._labels,
        )
        try:
            job = self._client.query(
                statement,
                job_id=job_id,
                job_config=config,
                location=self._address.location,
                project=self._address.project,
                retry=self._retry,
                job_retry=None,
                timeout=self._address.patience,
            )
        except Conflict:
            job = self._get(job_id)
        rows = job.result(timeout=JOB_SECONDS, retry=self._retry, job_retry=None)
        self._note(job)
        return rows

    def upload(self, job_id: str, path: Path, table: str, schema: Sequence[bigquery.SchemaField]) -> None:
        """Append a Parquet file to ``table`` by resumable upload."""
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            schema=list(schema),
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            labels=self._labels,
        )
        with path.open("rb") as file:
            try:
                job = self._client.load_table_from_file(
                    file,
                    table,
                    job_id=job_id,
                    job_config=config,
                    location=self._address.location,
                    project=self._address.project,
                    timeout=self._address.patience,
                )
            except Conflict:
                job = self._get(job_id)
        job.result(timeout=JOB_SECONDS, retry=self._retry)
        self.ids.append(job_id)

    def has_run(self, job_id: str) -> bool:
        """Wait for the job; returns whether it succeeded. A job that was never sent cannot run after this."""
        try:
            self._client.query(
                _FENCE,
                job_id=job_id,
                location=self._address.location,
                project=self._address.project,
                retry=self._retry,
                job_retry=None,
                timeout=self._address.patience,
            ).result(timeout=JOB_SECONDS, retry=self._retry, job_retry=None)
        except Conflict:
            job = self._get(job_id)
        else:
            return False
        if job.query == _FENCE:
            return False
        try:
            job.result(timeout=JOB_SECONDS, retry=self._retry, job_retry=None)
        except GoogleAPICallError:
            job.reload(retry=self._retry, timeout=self._address.patience)
            if job.state != "DONE":
                raise
            # The job succeeded even if its rows could not be read.
            return job.error_result is None
        return True

    def _get(self, job_id: str) -> Any:
        return self._client.get_job(
            job_id,
            project=self._address.project,
            location=self._address.location,
            retry=self._retry,
            timeout=self._address.patience,
        )

    def _note(self, job: Any) -> None:
        self.ids.append(str(job.job_id))
        self._processed.append(int(job.total_bytes_processed or 0))


def _parameter(name: str, kind: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return bigquery.ArrayQueryParameter(name, kind, list(value))
    return bigquery.ScalarQueryParameter(name, kind, value)
