"""Connections of the checks, as Airflow's hooks find them."""

from __future__ import annotations

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException


def connection_of(conn_id: str) -> Connection:
    """An Airflow connection; skips the check without it."""
    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        pytest.skip(f"no credentials: connection {conn_id} is not set")
