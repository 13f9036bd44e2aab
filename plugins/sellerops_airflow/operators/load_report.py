"""Loading one slice's archived documents into one destination; Amazon is not asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

from sellerops.errors import GiveUpError, Quarantined
from sellerops.slices import Slice
from sellerops_airflow.notifiers.findings import tell_of_results
from sellerops_airflow.outcomes import slice_outcome
from sellerops_airflow.run_context import run_ref
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.destinations import Destination, LoadResult
    from sellerops.ledger import Ledger, RunRef
    from sellerops.specs import ReportSpec
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)


class LoadReportOperator(BaseOperator):
    """Loads every table of the report from the slice's documents; returns the counts of each.

    The same documents loaded again, in any order, give the same tables.

    :param report: DAG id of the report, which names its spec.
    :param account_id: the account of ``accounts.yaml``.
    :param destination: name of a folder of ``sellerops.destinations``.
    :param piece: a Slice as plain values.
    :param request_ids: ids of archived requests in the ledger.
    """

    template_fields: Sequence[str] = ("piece", "request_ids")
    template_fields_renderers = {"piece": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = "#fef7e0"

    def __init__(
        self,
        *,
        report: str,
        account_id: str,
        destination: str,
        piece: Any,
        request_ids: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.account_id = account_id
        self.destination = destination
        self.piece = piece
        self.request_ids = request_ids

    def execute(self, context: Context) -> list[dict[str, Any]]:
        runtime = get_runtime()
        spec = runtime.spec(self.report)
        piece, run = Slice.from_dict(self.piece), run_ref(context, spec.name)
        with slice_outcome(runtime.ledger, context, run, piece):
            results = self._load_all(runtime, spec, piece, run)
        self._tell_assets(context, piece)
        return [asdict(result) for result in results]

    def _load_all(self, runtime: Runtime, spec: ReportSpec, piece: Slice, run: RunRef) -> list[LoadResult]:
        from sellerops.destinations import together
        from sellerops.ledger import SliceState

        destination = runtime.destination(self.destination)
        results: list[LoadResult] = []
        held: list[Quarantined] = []
        try:
            for request_id in self.request_ids:
                try:
                    results += self._load(runtime, destination, spec, piece, request_id)
                except Quarantined as error:
                    held.append(error)
        finally:
            destination.close()
        if held:
            tell_of_results(runtime.ledger, spec, results)
            with tell_if_held(runtime.ledger):
                raise together(held)
        runtime.ledger.set_slice_state(
            piece,
            SliceState.LOADED,
            run=run,
            request_id=self.request_ids[-1] if self.request_ids else None,
            load_id=results[-1].load_id if results else None,
        )
        tell_of_results(runtime.ledger, spec, results)
        return results

    def _load(
        self, runtime: Runtime, destination: Destination, spec: ReportSpec, piece: Slice, request_id: int
    ) -> list[LoadResult]:
        from sellerops.destinations import RequestMeta, load_document

        request = runtime.ledger.get_request(request_id)
        uri = request.archive_uri
        if uri is None:
            raise GiveUpError(
                f"is {request.status} and has no document in the archive.",
                where=f"report_request {request_id}",
                remedy="Clear the fetch task of this slice, with downstream.",
            )
        results = load_document(
            destination, spec, piece, RequestMeta.of(request), lambda: runtime.archive.open(uri)
        )
        for result in results:
            log.info("%s, %s: %s", piece.label, uri, result)
        return results

    def _tell_assets(self, context: Context, piece: Slice) -> None:
        """What the asset's event says of this load, for those who read it in the UI."""
        for asset in self.outlets:
            context["outlet_events"][asset].extra = {"account_id": piece.account_id, "slice": piece.label}


@contextmanager
def tell_if_held(ledger: Ledger) -> Iterator[None]:
    """Tell people, once, of the documents that the block found to be held."""
    try:
        yield
    except Quarantined as error:
        from sellerops.quarantine import get_quarantine
        from sellerops_airflow.notifiers.quarantine import tell_of_quarantines

        if not error.details.get("is_rejected"):
            ids = error.details.get("quarantine_ids", [])
            tell_of_quarantines(ledger, [get_quarantine(ledger, one) for one in ids])
        raise
