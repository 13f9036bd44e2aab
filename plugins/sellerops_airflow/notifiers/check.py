"""Shows an invalid ``notices.yaml`` as an import error in Airflow's UI, because no channel may be usable."""

from __future__ import annotations

from airflow.sdk import get_parsing_context

from sellerops.notices.routes import ROUTES


def raise_for_invalid_routes() -> None:
    """Raise ConfigurationError naming file, key and remedy, except in a task's process."""
    if get_parsing_context().dag_id is None:
        ROUTES.read()
