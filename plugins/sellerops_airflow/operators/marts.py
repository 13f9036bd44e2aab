"""Rebuilds marts: one task finds out what has changed, one per mart rebuilds it."""

from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.utils.skipmixin import SkipMixin
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.base.errors import ConfigurationError
from sellerops.marts.specs import MartSpec, load_mart
from sellerops.settings.mart_tables import Span
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.marts.build import MartBuilder

log = logging.getLogger(__name__)


class LookForChangesOperator(BaseOperator, SkipMixin):
    """Queues what loads and edits have changed, and skips the marts that have nothing to rebuild.

    Returns the number of changes. Parameters of the run (``from_day``, ``to_day``, ``account``, ``full``)
    also queue partitions of all marts of the group.

    :param group: the group whose marts this DAG builds.
    :param destination: where they are built.
    """

    ui_color = "#e8f0fe"
    # NotPreviouslySkippedDep: a cleared mart that was skipped stays skipped until this task is cleared too.
    inherits_from_skipmixin = True

    def __init__(self, *, group: str, destination: str = "postgres", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group = group
        self.destination = destination

    def execute(self, context: Context) -> int:
        """Look for changes. Raises ConfigurationError when a parameter is not a day."""
        with task_outcome(context):
            builder = _builder(self.destination, context)
            changes = builder.look()
            span = _span_by_hand(dict(context["params"]))
            if span:
                for mart in builder.marts:
                    if mart.group == self.group:
                        builder.queue(mart, builder.of_accounts(span), cause="by hand")
            waiting = {mart.name for mart in builder.waiting(self.group)}
        log.info("%s changes; marts to rebuild: %s", changes, ", ".join(sorted(waiting)) or "none")
        context["ti"].xcom_push(key="marts", value=sorted(waiting))
        downstream = self.get_direct_relatives(upstream=False)
        self.skip(context["ti"], [task for task in downstream if task.task_id not in waiting])
        return changes


class BuildMartOperator(BaseOperator):
    """Rebuilds the queued partitions of one mart; skips when none is queued.

    Returns the number of spans, and of deleted and inserted rows. When it is cleared after it succeeded, it
    rebuilds the days that this run rebuilt before.

    :param mart: name of a file of ``include/marts``.
    """

    ui_color = "#e6f4ea"

    def __init__(self, *, mart: str, destination: str = "postgres", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mart = mart
        self.destination = destination

    def execute(self, context: Context) -> dict[str, int]:
        """Rebuild. Raises AirflowSkipException when no input has changed."""
        with task_outcome(context):
            builder = _builder(self.destination, context)
            mart: MartSpec = load_mart(self.mart)
            built = builder.build(mart)
            if not built.spans and builder.queue_again(mart):
                built = builder.build(mart)
            if not built.spans:
                raise AirflowSkipException("no input has changed")
        return {
            "spans": len(built.spans),
            "deleted": built.counts.deleted,
            "inserted": built.counts.inserted,
        }


def _builder(destination: str, context: Context) -> MartBuilder:
    from sellerops.marts.opening import open_builder
    from sellerops_airflow.hooks.destinations import address_of

    runtime = get_runtime()
    ti: Any = context["ti"]
    address = address_of(destination, runtime.conninfo)
    return open_builder(runtime.ledger, destination, address, run=(ti.dag_id, ti.run_id))


def _span_by_hand(params: dict[str, Any]) -> Span | None:
    """The span that a person requested; an empty account means every account. None: nothing was requested."""
    first, last = (_day(params, name) for name in ("from_day", "to_day"))
    if not (first or last or params.get("full")):
        return None
    return Span(str(params.get("account") or ""), None, first, last)


def _day(params: dict[str, Any], name: str) -> date | None:
    text = str(params.get(name) or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigurationError(
            f"{text!r} is not a valid date.",
            where=f"parameter {name}",
            remedy="Use YYYY-MM-DD, for example 2026-11-20, in a new run.",
        ) from error
