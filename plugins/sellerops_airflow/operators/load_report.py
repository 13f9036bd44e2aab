"""Loads one slice's archived documents into one destination."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.calendar.slices import Slice
from sellerops_airflow.operators.loading import load_slice
from sellerops_airflow.runs.run_context import run_ref
from sellerops_airflow.runs.slice_load import SliceLoad
from sellerops_airflow.runs.task_outcomes import slice_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.destinations import LoadResult
    from sellerops.ledger import Ledger
    from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


class LoadReportOperator(BaseOperator):
    """Loads every table of the report from the slice's documents; returns each load's row counts.

    Loading the same documents again, in any order, produces the same tables. Amazon is asked only for a
    document that is damaged in the archive.

    :param report: DAG id of the report, which names its spec.
    :param account_id: the account of ``accounts.yaml``.
    :param destination: name of a folder of ``sellerops.destinations``.
    :param slice_: a Slice as plain values.
    :param request_ids: ids of archived requests in the ledger.
    """

    template_fields: Sequence[str] = ("slice_", "request_ids")
    template_fields_renderers = {"slice_": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = "#fef7e0"

    def __init__(
        self,
        *,
        report: str,
        account_id: str,
        destination: str,
        slice_: Any,
        request_ids: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.account_id = account_id
        self.destination = destination
        self.slice_ = slice_
        self.request_ids = request_ids

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Load the slice, record its state in this destination, and update the tables' assets.

        Raises AirflowSkipException when the destination was disabled for the account after the run began.
        """
        runtime = get_runtime()
        spec = runtime.spec(self.report)
        slice_, run = Slice.from_dict(self.slice_), run_ref(context, spec.name)
        self._skip_when_off(runtime.ledger, spec, slice_)
        slice_load = SliceLoad.of(spec, slice_, self.destination, self.request_ids)
        with slice_outcome(runtime.ledger, context, run, slice_, slice_load):
            results = load_slice(runtime, spec, slice_, run, slice_load)
        _log_cost(results)
        self._describe_asset_events(context, slice_)
        return [asdict(result) for result in results]

    def _skip_when_off(self, ledger: Ledger, spec: ReportSpec, slice_: Slice) -> None:
        """Skip when the destination was disabled for the account after the run began."""
        wanted = spec.destinations_of(slice_.account_id)
        if self.destination in wanted:
            return
        # The day may now be complete, if it was waiting for this destination alone.
        ledger.refresh_slice_state(slice_, wanted)
        raise AirflowSkipException(
            f"{self.destination} is disabled for {spec.name} of {slice_.account_id} "
            f"(config/destinations.yaml): its rows go to {', '.join(wanted)} only."
        )

    def _describe_asset_events(self, context: Context, slice_: Slice) -> None:
        """Add account and slice to the assets' events, for people who read them in the UI."""
        for asset in self.outlets:
            context["outlet_events"][asset].extra = {"account_id": slice_.account_id, "slice": slice_.label}


def _log_cost(results: Sequence[LoadResult]) -> None:
    processed = [result.bytes_processed for result in results if result.bytes_processed is not None]
    if processed:
        log.info("The destination processed %s bytes for these loads.", f"{sum(processed):,}")
