"""Invalid report specs as one import error of Airflow's UI, each with file, key and remedy."""

from __future__ import annotations

from airflow.sdk import get_parsing_context

from sellerops.errors import SpecError
from sellerops_airflow.report_factory import spec_failures


def raise_for_invalid_specs() -> None:
    """Raise SpecError listing every spec that has no DAG, and why. A task's process is not told."""
    if get_parsing_context().dag_id is not None:
        return
    failures = spec_failures()
    if not failures:
        return
    listed = "\n".join(f"- {failure.error}" for failure in failures)
    raise SpecError(
        f"{len(failures)} report spec(s) are invalid, all others run:\n{listed}\n",
        where="config/reports",
    )
