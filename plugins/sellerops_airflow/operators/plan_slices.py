"""The first task of an account: which slices this run collects."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context, conf

from sellerops.errors import FormError, NotPublishedYet
from sellerops.run_parts import Rest, cut_run
from sellerops.slices import Slice, plan_slices, refuse_unpublished
from sellerops_airflow.airflow_runs import start_run
from sellerops_airflow.outcomes import task_outcome
from sellerops_airflow.run_context import priority_of, run_at, run_ref
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.specs import ReportSpec
    from sellerops_airflow.runtime import Runtime

log = logging.getLogger(__name__)

# XCom key of the run that has what this one could not take.
REST_KEY = "rest"
# Longer than Amazon keeps anything.
_LONGEST_PERIOD = 3650


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
        accounts, shops = _names(self.accounts), _names(self.marketplaces)
        if accounts and self.account_id not in accounts:
            log.info("This run is for %s.", ", ".join(sorted(accounts)))
            return []
        spec, account = runtime.spec(self.report), runtime.account(self.account_id)
        clock = runtime.ledger.clock()
        from_day, to_day = _day(self.from_day, "from_day"), _day(self.to_day, "to_day")
        period = _period(self.period, from_day or to_day)
        slices = plan_slices(
            spec,
            account,
            run_at=run_at(context, clock),
            now=clock.now(),
            from_day=from_day,
            to_day=to_day,
            lookback=period or _lookback(runtime, spec, account.id),
        )
        run = run_ref(context, spec.name)
        wanted = []
        for piece in slices:
            if shops and not shops & set(piece.marketplaces):
                continue
            late = _unpublished(spec, piece, clock.now())
            if not piece.expired and not late:
                wanted.append(piece)
                continue
            state = SliceState.LATE if late else SliceState.EXPIRED
            runtime.ledger.set_slice_state(piece, state, run=run, error=late)
            log.info("%s: %s", piece.label, late.cause if late else "expired: Amazon no longer serves it")
        planned, rest = cut_run(wanted, conf.getint("core", "max_map_length", fallback=1024))
        for piece in planned:
            runtime.ledger.set_slice_state(piece, SliceState.PLANNED, run=run)
            log.info("%s: planned", piece.label)
        if rest:
            self._start_rest(context, rest, sorted(shops))
        return [piece.to_dict() for piece in planned]

    def _start_rest(self, context: Context, rest: Rest, shops: list[str]) -> None:
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
        ti.xcom_push(key=REST_KEY, value=run_id)
        log.warning(
            "Airflow maps no more slices in one run: the %d slices of %s to %s are in the run %s (%s).",
            rest.slices, rest.first_day, rest.last_day, run_id, "started" if is_new else "started before",
        )  # fmt: skip


def _unpublished(spec: ReportSpec, piece: Slice, now: datetime) -> NotPublishedYet | None:
    """Why the slice cannot be collected yet, if so."""
    if piece.expired:
        return None
    try:
        refuse_unpublished(spec, piece, now)
    except NotPublishedYet as late:
        return late
    return None


def _lookback(runtime: Runtime, spec: ReportSpec, account_id: str) -> timedelta | None:
    """What the account's own history shows, where the spec leaves it to that."""
    if not spec.period.lookback_auto:
        return None
    from sellerops.finality import resolve_lookback

    lookback = resolve_lookback(runtime.ledger, spec, account_id)
    log.info("%s", lookback.reason)
    return lookback.value


def _names(text: str) -> set[str]:
    """What a list of the run's form holds."""
    return {name.strip() for name in text.split(",")} - {"", "None"}


def _day(text: str, name: str) -> date | None:
    """A day of the run's form; empty fields render as ``None`` or nothing."""
    if text in ("", "None"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FormError(
            f"{text!r} is not a valid date.",
            where=f"parameter {name}",
            remedy="Use YYYY-MM-DD, for example 2026-11-20, and trigger the run again.",
        ) from error


def _period(text: str, given_day: date | None) -> timedelta | None:
    """So many closed days of the run's form; empty fields render as ``None`` or nothing."""
    if text in ("", "None"):
        return None
    where = "parameter period"
    if given_day:
        raise FormError(
            f"the form has both a period of {text} days and single days.",
            where=where,
            remedy="Fill in `period`, or `from_day` and `to_day`, and trigger the run again.",
        )
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST_PERIOD:
        raise FormError(
            f"{text!r} is not a number of days.",
            where=where,
            remedy=f"Use a whole number from 1 to {_LONGEST_PERIOD:,} and trigger the run again.",
        )
    return timedelta(days=int(text))
