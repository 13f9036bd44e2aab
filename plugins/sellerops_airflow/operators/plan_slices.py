"""The first task of an account: which slices this run collects."""

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

# XCom key of the run that has what this one could not take.
CONTINUATION_KEY = "rest"


class PlanSlicesOperator(BaseOperator):
    """Plans the slices of one account and writes each into the ledger; returns them as plain values.

    What Amazon no longer serves is marked expired, what it cannot have published yet late; both are left out
    of the returned list: there is nothing to run. Of more slices than Airflow maps in one task, the first
    days are returned and a run for the others is started.

    :param report: DAG id of the report, which names its spec.
    :param account_id: the account of ``accounts.yaml``.
    :param from_day: first local day (ISO) of a run by hand; empty for what the schedule would collect.
    :param to_day: last local day (ISO), inclusive.
    :param period: instead of days, how many closed ones until the run; empty for what the schedule would.
    :param accounts: ids parted by commas: any other account has nothing to do in this run; empty: all.
    :param marketplaces: codes parted by commas: slices of none of them are left out; empty: all.
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
        with task_outcome(context):
            return self._plan(context)

    def _plan(self, context: Context) -> list[dict[str, Any]]:
        from sellerops.ledger import SliceState

        runtime = get_runtime()
        spec, account = runtime.spec(self.report), runtime.account(self.account_id)
        form = self._form(context, runtime, spec)
        if form.accounts and self.account_id not in form.accounts:
            log.info(
                "Nothing to do for %s: this run is for %s.", account.id, ", ".join(sorted(form.accounts))
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
        wanted, left = _sort_out(spec, slices, clock.now())
        planned, rest = split_run(wanted, conf.getint("core", "max_map_length", fallback=1024))
        log.info("%s: %d slices to collect for %s.", spec.name, len(planned), account.id)
        for slice_ in planned:
            runtime.ledger.set_slice_state(slice_, SliceState.PLANNED, run=run)
            log.info("%s: planned", slice_.label)
        for slice_, late in left:
            state = SliceState.LATE if late else SliceState.EXPIRED
            runtime.ledger.set_slice_state(slice_, state, run=run, error=late)
            log.info("%s: %s", slice_.label, late.cause if late else "expired, Amazon no longer serves it")
        if rest:
            own = {marketplace.code for marketplace in account.marketplaces}
            self._start_rest(context, rest, sorted(form.marketplaces & own))
        return [slice_.to_dict() for slice_ in planned]

    def _form(self, context: Context, runtime: Runtime, spec: ReportSpec) -> RunForm:
        """What the form asks for. Every account's task refuses a mistake: nothing is asked of Amazon then."""
        form = RunForm.parse(self.from_day, self.to_day, self.period, self.accounts, self.marketplaces)
        form.refuse_days_in_backfill(str(context["dag_run"].run_type))
        form.refuse_mismatch(marketplaces_of(spec, accounts_for(spec, runtime.accounts())))
        return form

    def _start_rest(self, context: Context, rest: RemainingDays, shops: list[str]) -> None:
        """Another run for what Airflow cannot map in this one. Repeating this task starts no second one."""
        from sellerops.rate_limits import Priority

        ti: Any = context["ti"]
        digest = hashlib.sha256(f"{ti.dag_id}/{ti.run_id}".encode()).hexdigest()[:8]
        run_id = f"rest__{rest.first_day}__{self.account_id}__{digest}"
        priority = "backfill" if priority_of(context) is Priority.BACKFILL else "schedule"
        values = {
            "from_day": rest.first_day,
            "to_day": rest.last_day,
            "accounts": [self.account_id],
            "marketplaces": shops,
            "priority": priority,
        }
        is_new = start_run(ti.dag_id, run_id, values, f"Continues {ti.run_id}, which had too many slices.")
        ti.xcom_push(key=CONTINUATION_KEY, value=run_id)
        log.warning(
            "Airflow maps no more slices in one run. The other %d, of %s to %s, are in the run %s (%s).",
            rest.slices, rest.first_day, rest.last_day, run_id, "started" if is_new else "started before",
        )  # fmt: skip


def _sort_out(
    spec: ReportSpec, slices: Sequence[Slice], now: datetime
) -> tuple[list[Slice], list[tuple[Slice, NotPublishedYet | None]]]:
    """What can be collected, and what cannot: too early, with the reason; too late, with None."""
    wanted: list[Slice] = []
    left: list[tuple[Slice, NotPublishedYet | None]] = []
    for slice_ in slices:
        late = None if slice_.expired else _unpublished(spec, slice_, now)
        if slice_.expired or late:
            left.append((slice_, late))
        else:
            wanted.append(slice_)
    return wanted, left


def _unpublished(spec: ReportSpec, slice_: Slice, now: datetime) -> NotPublishedYet | None:
    """Why the slice cannot be collected yet, if so."""
    try:
        check_published(spec, slice_, now)
    except NotPublishedYet as late:
        return late
    return None


def _lookback(runtime: Runtime, spec: ReportSpec, account_id: str) -> timedelta | None:
    """What the account's own history shows, where the spec leaves it to that."""
    if not spec.period.lookback_auto:
        return None
    from sellerops.completeness.settling_time import resolve_lookback

    lookback = resolve_lookback(runtime.ledger, spec, account_id)
    log.info("%s", lookback.reason)
    return lookback.value
