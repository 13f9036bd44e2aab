"""What a DAG's id says of its report, and which reports share a login."""

from __future__ import annotations

import logging

from sellerops.base.errors import ConfigurationError

log = logging.getLogger(__name__)


def source_of_dag(dag_id: str) -> str:
    """``amazon_sp`` of a report's DAG id; empty for another DAG."""
    kind, _, rest = dag_id.partition("__")
    return rest.partition("__")[0] if kind == "report" else ""


def family_of_dag(dag_id: str) -> str:
    """The report family that routes go by; empty for a DAG that is no report, or whose spec is gone."""
    from sellerops.settings.specs import load_spec

    if not dag_id.startswith("report__"):
        return ""
    try:
        return load_spec(dag_id).family
    except ConfigurationError as error:
        log.warning("%s: %s", dag_id, error)
        return ""


def reports_of(source: str, account_id: str) -> list[str]:
    """The reports that use an account's connection to a source, by name."""
    from sellerops.settings.specs import enabled_specs

    return sorted(
        spec.name
        for spec in enabled_specs()
        if spec.source == source and (spec.accounts == "all" or account_id in spec.accounts)
    )
