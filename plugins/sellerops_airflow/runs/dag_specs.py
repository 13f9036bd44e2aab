"""The source, family and sibling reports behind a DAG id."""

from __future__ import annotations

import logging

from sellerops.base.errors import ConfigurationError

log = logging.getLogger(__name__)


def source_of_dag(dag_id: str) -> str:
    """The source in a report's DAG id, such as ``amazon_sp``; empty for any other DAG."""
    kind, _, rest = dag_id.partition("__")
    return rest.partition("__")[0] if kind == "report" else ""


def family_of_dag(dag_id: str) -> str:
    """The report family that notices are routed by; empty for other DAGs and for missing specs."""
    from sellerops.settings.specs import load_spec

    if not dag_id.startswith("report__"):
        return ""
    try:
        return load_spec(dag_id).family
    except ConfigurationError as error:
        log.warning("%s: %s", dag_id, error)
        return ""


def reports_of(source: str, account_id: str) -> list[str]:
    """Names of the enabled reports that use an account's connection to a source, sorted."""
    from sellerops.settings.specs import enabled_specs

    return sorted(
        spec.name
        for spec in enabled_specs()
        if spec.source == source and (spec.accounts == "all" or account_id in spec.accounts)
    )
