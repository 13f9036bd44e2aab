"""Shows invalid configuration as an import error in Airflow's UI, with file, line or key, and remedy."""

from __future__ import annotations

from airflow.sdk import get_parsing_context

from sellerops.base.errors import SpecError
from sellerops_airflow.dag_factory.reports import unbuilt_reports


def raise_for_invalid_specs() -> None:
    """Raise SpecError listing every problem of the configuration. Does nothing in a task's process.

    Exports and notices have their own check files.
    """
    if get_parsing_context().dag_id is not None:
        return
    from sellerops.preflight.configuration import report_problems

    texts = [*(each.text for each in report_problems()), *unbuilt_reports()]
    if texts:
        lines = "\n".join(f"- {text}" for text in texts)
        raise SpecError(
            f"{len(texts)} problem(s); everything else runs:\n{lines}\n",
            where="include/config",
            remedy="Correct the files, then run `sellerops specs check`.",
        )
