"""An invalid ``notifications.yaml`` as an import error of Airflow's UI: no channel may tell of it."""

from __future__ import annotations

from airflow.sdk import get_parsing_context

from sellerops.notices.routes import ROUTES


def raise_for_invalid_routes() -> None:
    """Raise ConfigurationError naming file, key and remedy. A task's process is not told."""
    if get_parsing_context().dag_id is None:
        ROUTES.read()
