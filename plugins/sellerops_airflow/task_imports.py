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
# Google's libraries take 2 s of CPU; only where a report goes there.
_OF_DESTINATIONS = {
    "bigquery": ("airflow.providers.google.cloud.hooks.bigquery", "sellerops.destinations.bigquery"),
}


def import_for_tasks() -> None:
    """Import what every task would import. Starts no thread, opens no connection."""
    for name in (*_MODULES, *_of_destinations()):
        importlib.import_module(name)


def _of_destinations() -> list[str]:
    from sellerops.specs import load_specs

    used = {name for spec in load_specs()[0] for name in spec.destinations}
    return [module for name in sorted(used) for module in _OF_DESTINATIONS.get(name, ())]
