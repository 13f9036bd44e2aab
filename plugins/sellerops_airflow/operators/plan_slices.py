"""Plans which slices a run collects for an account; the account's first task."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, conf

from sellerops.base.errors import NotPublishedYet
from sellerops.calendar.run_parts import RemainingDays, split_run
from sellerops.calendar.slices import Slice, check_published, plan_slices
from sellerops.settings.specs.account_selection import accounts_for
from sellerops_airflow.runs.airflow_runs import start_run
from sellerops_airflow.runs.run_context import priority_of, run_at, run_ref
from sellerops_airflow.runs.run_form import RunForm, marketplaces_of
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.settings.specs import ReportSpec
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)

# XCom key with the id of the run that collects the slices this run had no room for.
CONTINUATION_KEY = "rest"


class PlanSlicesOperator(BaseOperator):
    """Plans the slices of one account and records each in the ledger; returns them as plain values.

    Slices that Amazon no longer serves are marked expired, and those that it cannot have published yet late;
    neither are returned. If there are more slices than Airflow maps in one task, the first days are returned
    and another run is started for the rest.

    :param report: DAG id of the report, which names its spec.
    :param account_id: the account of ``accounts.yaml``.
    :param from_day: first day of a manual run (ISO, local to the marketplace); empty for the schedule's
        window.
    :param to_day: last day (ISO, local to the marketplace), inclusive.
    :param period: number of closed days before the run, instead of ``from_day`` and ``to_day``.
    :param accounts: comma-separated ids; other accounts plan nothing in this run; empty for all.
    :param marketplaces: comma-separated codes; slices of other marketplaces are skipped; empty for all.
    """

    template_fields: Sequence[str] = ("from_day", "to_day", "period", "accounts", "marketplaces")
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        report: str,
        account_id: str,
        from_day: str = "",
        to_day: str = "",
        period: str = "",
        accounts: str = "",
        marketplaces: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.report = report
        self.account_id = account_id
        self.from_day = from_day
        self.to_day = to_day
        self.period = period
        self.accounts = accounts
        self.marketplaces = marketplaces

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Plan and record the slices. Raises FormError when the trigger form is invalid."""
        with task_outcome(context):
            return self._plan(context)

    def _plan(self, context: Context) -> list[dict[str, Any]]:
        from sellerops.ledger import SliceState

        runtime = get_runtime()
        spec, account = runtime.spec(self.report), runtime.account(self.account_id)
        form = self._form(context, runtime, spec)
        if form.accounts and self.account_id not in form.accounts:
            log.info(
                "Nothing to do for %s: this run collects %s only.",
                account.id,
                ", ".join(sorted(form.accounts)),
            )
            return []
        clock, run = runtime.ledger.clock(), run_ref(context, spec.name)
        slices = plan_slices(
            spec,
            account,
            run_at=run_at(context, clock),
            now=clock.now(),
            from_day=form.from_day,
            to_day=form.to_day,
            lookback=form.period or _lookback(runtime, spec, account.id),
        )
        if form.marketplaces:
            slices = [slice_ for slice_ in slices if form.marketplaces & set(slice_.marketplaces)]
        collectable, others = _split_by_availability(spec, slices, clock.now())
        planned, remaining = split_run(collectable, conf.getint("core", "max_map_length", fallback=1024))
        log.info("%s: %d slices to collect for %s.", spec.name, len(planned), account.id)
        for slice_ in planned:
            runtime.ledger.set_slice_state(slice_, SliceState.PLANNED, run=run)
            log.info("%s: planned", slice_.label)
        for slice_, late in others:
            state = SliceState.LATE if late else SliceState.EXPIRED
            runtime.ledger.set_slice_state(slice_, state, run=run, error=late)
            log.info("%s: %s", slice_.label, late.cause if late else "expired; Amazon no longer serves it")
        if remaining:
            own = {marketplace.code for marketplace in account.marketplaces}
            self._start_remaining_run(context, remaining, sorted(form.marketplaces & own))
        return [slice_.to_dict() for slice_ in planned]

    def _form(self, context: Context, runtime: Runtime, spec: ReportSpec) -> RunForm:
        """Parse and check the form. A mistake fails every account's task, so that nothing is requested."""
        form = RunForm.parse(self.from_day, self.to_day, self.period, self.accounts, self.marketplaces)
        form.refuse_days_in_backfill(str(context["dag_run"].run_type))
        form.refuse_mismatch(marketplaces_of(spec, accounts_for(spec, runtime.accounts())))
        return form

    def _start_remaining_run(
        self, context: Context, remaining: RemainingDays, marketplaces: list[str]
    ) -> None:
        """Start another run for the slices that do not fit into this one; only once, even if repeated."""
        from sellerops.rate_limits import Priority

        ti: Any = context["ti"]
        digest = hashlib.sha256(f"{ti.dag_id}/{ti.run_id}".encode()).hexdigest()[:8]
        run_id = f"rest__{remaining.first_day}__{self.account_id}__{digest}"
        priority = "backfill" if priority_of(context) is Priority.BACKFILL else "schedule"
        values = {
            "from_day": remaining.first_day,
            "to_day": remaining.last_day,
            "accounts": [self.account_id],
            "marketplaces": marketplaces,
            "priority": priority,
        }
        is_new = start_run(ti.dag_id, run_id, values, f"Continues {ti.run_id}, which had too many slices.")
        ti.xcom_push(key=CONTINUATION_KEY, value=run_id)
        log.warning(
            "Airflow cannot map more slices in one run. Run %s (%s) collects the other %d, %s to %s.",
            run_id,
            "started now" if is_new else "started before",
            remaining.slices,
            remaining.first_day,
            remaining.last_day,
        )


def _split_by_availability(
    spec: ReportSpec, slices: Sequence[Slice], now: datetime
) -> tuple[list[Slice], list[tuple[Slice, NotPublishedYet | None]]]:
    """(slices to collect, others): others come with an error when it is too early, with None when expired."""
    collectable: list[Slice] = []
    others: list[tuple[Slice, NotPublishedYet | None]] = []
    for slice_ in slices:
        late = None if slice_.expired else _unpublished(spec, slice_, now)
        if slice_.expired or late:
            others.append((slice_, late))
        else:
            collectable.append(slice_)
    return collectable, others


def _unpublished(spec: ReportSpec, slice_: Slice, now: datetime) -> NotPublishedYet | None:
    """The error of a slice that Amazon cannot have published yet; None for any other."""
    try:
        check_published(spec, slice_, now)
    except NotPublishedYet as late:
        return late
    return None


def _lookback(runtime: Runtime, spec: ReportSpec, account_id: str) -> timedelta | None:
    """The lookback learned from the account's history, for specs with ``lookback: auto``."""
    if not spec.period.lookback_auto:
        return None
    from sellerops.completeness.settling_time import resolve_lookback

    lookback = resolve_lookback(runtime.ledger, spec, account_id)
    log.info("%s", lookback.reason)
    return lookback.value
