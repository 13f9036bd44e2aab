"""An invalid ``notifications.yaml`` as an import error of Airflow's UI: no channel could tell of it."""

from __future__ import annotations

from airflow.sdk import get_parsing_context

from sellerops.notices import load_routes


def raise_for_invalid_routes() -> None:
    """Raise ConfigurationError naming file, key and remedy. A task's process is not told."""
    if get_parsing_context().dag_id is None:
        load_routes()
