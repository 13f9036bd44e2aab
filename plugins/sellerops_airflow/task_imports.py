"""Everything a task may need, imported before tasks are forked (sellerops_plugin.py)."""

from __future__ import annotations

import importlib

_MODULES = (
    "pandas",  # not for us: pyarrow looks for it whenever it makes an array of Python values
    "sellerops.archive",
    "sellerops.collect",
    "sellerops.destinations.postgres.destination",
    "sellerops.sources.amazon_ads.source",
    "sellerops.sources.amazon_sp.source",
    "sellerops_airflow.report_factory",
    "sp_api.asyncio.api",
)


def import_for_tasks() -> None:
    """Import what every task would import. Starts no thread, opens no connection."""
    for name in _MODULES:
        importlib.import_module(name)
