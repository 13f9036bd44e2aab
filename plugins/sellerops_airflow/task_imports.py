"""Imports before the fork what every forked process would otherwise import itself (sellerops_plugin.py)."""

from __future__ import annotations

import importlib
from contextlib import suppress
from functools import cache

_MODULES = (
    "airflow.dag_processing.dagbag",  # 0.1 s: a task's process reads its DAG file with it
    "airflow.providers.postgres.hooks.postgres",  # 0.2 s; reads the warehouse's connection
    "anyio._backends._asyncio",  # httpx imports it on the first call
    "jinja2.ext",  # Airflow renders template fields with it
    "pandas",  # unused by us, but pyarrow imports it when it converts Python values to an array
    "sellerops.archive.archive",
    "sellerops.collect",
    "sellerops.ledger.deployment",
    "sellerops.destinations.postgres.destination",
    "sellerops.sources.amazon_ads.source",
    "sellerops.sources.amazon_sp.source",
    "sellerops_airflow.hooks.destinations",
    "sellerops_airflow.hooks.amazon_ads",
    "sellerops_airflow.hooks.amazon_sp",
    "sellerops_airflow.hooks.registry",
    "sellerops_airflow.hooks.warehouse",
    # What sellerops_plugin.py imports, which every task executes
    "sellerops_airflow.doctor.middleware",
    "sellerops_airflow.doctor.watchdog",
    "sellerops_airflow.hooks.port_zero",
    "sellerops_airflow.metrics.emitter",
    "sellerops_airflow.promised_time",
    "sellerops_airflow.timetables",
    "sellerops.inbound.requests.form",
    "sellerops.inbound.store",
    "sellerops_airflow.dag_factory.inbound",
    "sellerops_airflow.dag_factory.portal",
    "sellerops_airflow.dag_factory.reports",
    "sellerops_airflow.operators.inbound_approval",
    "sellerops_airflow.operators.inbound_confirming",
    "sellerops_airflow.operators.inbound_request",
    "sellerops_airflow.operators.inbound_tracking",
    "sellerops_airflow.triggers.inbound",
    "sellerops_airflow.triggers.report",
    "sp_api.asyncio.api",
)
# For DAG files, and for run callbacks, which send notices.
_OF_DAG_FILES = (
    "airflow.providers.postgres.hooks.postgres",
    "airflow.sdk.definitions.decorators",
    "sellerops.ledger",
    "sellerops.ledger.findings",
    "sellerops.ledger.notices",
    "sellerops.notices.logins",
    "sellerops.notices.messages",
    "sellerops.notices.outbox",
    "sellerops_airflow.dag_factory.checks",
    "sellerops_airflow.housekeeping.completeness",
    "sellerops_airflow.housekeeping.configuration",
    "sellerops_airflow.housekeeping.deadlines",
    "sellerops_airflow.dag_factory.exports",
    "sellerops_airflow.dag_factory.inbound",
    "sellerops_airflow.dag_factory.portal",
    "sellerops_airflow.hooks.warehouse",
    "sellerops_airflow.dag_factory.dag_defaults",
    "sellerops_airflow.housekeeping.maintenance",
    "sellerops_airflow.notifiers.check",
    "sellerops_airflow.operators.inbound_approval",
    "sellerops_airflow.operators.inbound_content",
    "sellerops_airflow.operators.inbound_request",
    "sellerops_airflow.operators.inbound_tracking",
    "sellerops_airflow.operators.notifications",
    "sellerops_airflow.operators.quarantine",
    "sellerops_airflow.dag_factory.reports",
    "sellerops_airflow.dag_factory.spec_check",
    "sellerops_airflow.housekeeping.summary",
)


@cache
def import_for_tasks() -> None:
    """Import what every task would import; read the configuration, whose parsed texts are kept for the forked
    processes, and the trusted certificates. Starts no thread and opens no connection.

    Cached for this process and those forked from it, because Airflow executes plugin files again in each
    task.
    """
    for name in (*_MODULES, *_of_destinations()):
        importlib.import_module(name)
    _read_configuration()
    from sellerops.sources.common.tls import tls_context

    with suppress(OSError):  # the tasks report certificates that cannot be read
        tls_context()


@cache
def import_for_dag_files() -> None:
    """The same for the dag-processor, which forks to parse each DAG file and to run callbacks.

    Also reads the specs, because a parsed YAML text is kept for the forked processes: parsing all of them is
    half the cost of a DAG file.
    """
    from sellerops.settings.specs import load_specs

    for name in _OF_DAG_FILES:
        importlib.import_module(name)
    load_specs()
    _read_configuration()


def _read_configuration() -> None:
    """Parse the files that concern all reports: limits alone take a sixth of a task's processor time."""
    from sellerops.base.errors import ConfigurationError
    from sellerops.settings.config_files import config_dir, parse_mapping, read_text

    for path in sorted(config_dir().glob("*.yaml")):
        with suppress(ConfigurationError):  # reported by whoever uses the file
            parse_mapping(read_text(path), path)


def _of_destinations() -> list[str]:
    """The modules of the destinations in use only: Google's libraries take 2 s of CPU."""
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.hooks.destinations import modules_of

    used = {name for spec in enabled_specs() for name in spec.all_destinations}
    return [module for name in sorted(used) for module in modules_of(name)]
