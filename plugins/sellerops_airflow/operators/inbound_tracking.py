"""Asks for the tracking numbers of shipments that leave with the seller's own carrier."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from sellerops_airflow.notifiers.inbound import send_tracking_notice
from sellerops_airflow.operators.inbound import COLOR, INBOUND_RUN_ID, inbound_run_id_of
from sellerops_airflow.runs.questions import Question, has_timed_out, put_question, responder
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.inbound.store import InboundRun, ShipmentRow

log = logging.getLogger(__name__)

SEND, NOT_NEEDED = "Send to Amazon", "Not needed"
# Boxes may be picked up weeks after the confirmation, so a notice reminds people and the question stays open
# until the shipments are no longer followed.
_REMIND_AFTER = timedelta(days=7)


class AskTrackingOperator(HITLOperator):
    """Waits until a person enters tracking numbers, or the freight bill numbers of pallets.

    Skips when Amazon's partnered carrier takes everything, and once the run is closed, cancelled, or no
    longer followed. Everybody who may answer required actions may enter numbers: they cost nothing and can be
    entered again.

    :param inbound_run_id: id of the run in the ledger.
    """

    template_fields: Sequence[str] = ("inbound_run_id",)
    ui_color = COLOR

    def __init__(self, *, inbound_run_id: Any = INBOUND_RUN_ID, **kwargs: Any) -> None:
        super().__init__(subject="Tracking numbers are needed", options=[SEND, NOT_NEEDED], **kwargs)
        self.inbound_run_id = inbound_run_id

    def execute(self, context: Context) -> str:
        """Ask for the numbers of the shipments, unless they are known."""
        with task_outcome(context):
            run, shipments = self._read()
            _skip_if_over(run, shipments)
            if not shipments:
                raise AirflowSkipException("Not needed: Amazon's carriers report their numbers themselves.")
            if not _without_numbers(shipments):
                return "all numbers are known"
            self._ask(context, run, shipments, 1)

    def execute_complete(self, context: Context, event: dict[str, Any], asked: int = 1) -> str:
        """Record the numbers; ask again while some shipments have none.

        Raises FormError for a line that is not a number.
        """
        with task_outcome(context):
            run, shipments = self._read()
            if not has_timed_out(event) and not run.state.is_given_up:
                if event["chosen_options"] == [NOT_NEEDED]:
                    raise AirflowSkipException(f"not needed, according to {responder(event)}")
                shipments = self._record(run, shipments, event.get("params_input") or {})
            if _without_numbers(shipments):
                _skip_if_over(run, shipments)
                self._ask(context, run, shipments, asked + 1)
        words = f"{responder(event)} entered {sum(len(each.tracking) for each in shipments)} numbers"
        log.info("%s", words)
        return words

    def _read(self) -> tuple[InboundRun, list[ShipmentRow]]:
        """The run and those of its shipments that the seller's own carrier takes."""
        from sellerops.inbound.tracking import shipments_to_track

        store = get_runtime().inbound_store
        run = store.run(inbound_run_id_of(self.inbound_run_id))
        return run, shipments_to_track(store, run.id)

    def _record(
        self, run: InboundRun, shipments: Sequence[ShipmentRow], fields: dict[str, Any]
    ) -> list[ShipmentRow]:
        from sellerops.inbound.tracking import parse_numbers

        parsed = {
            each.shipment_id: parse_numbers(str(fields.get(each.shipment_id) or ""), run.request, each)
            for each in shipments
        }
        store = get_runtime().inbound_store
        for shipment_id, numbers in parsed.items():
            if numbers:
                store.save_tracking(run.id, shipment_id, numbers)
        return self._read()[1]

    def _ask(
        self, context: Context, run: InboundRun, shipments: Sequence[ShipmentRow], asked: int
    ) -> NoReturn:
        for each in shipments:
            self.params[each.shipment_id] = _field(run, each)
        lines = [_line(each) for each in shipments]
        what = "freight bill number" if run.request.shipping.is_freight else "tracking numbers"
        question = Question(
            subject=f"Enter the {what} of {run.name}",
            body="\n".join(
                [
                    f"Amazon needs the {what} of these shipments with your own carrier:",
                    "",
                    *(f"- {line}" for line in lines),
                    "",
                    f"Choose *{NOT_NEEDED}* if you have already entered them in Seller Central.",
                ]
            ),
            options=[SEND, NOT_NEEDED],
            users=(),
            fields=self.serialized_params,
        )
        ti = context["ti"]
        put_question(ti.id, question)
        asked_in = (ti.dag_id, ti.run_id, ti.task_id)
        send_tracking_notice(get_runtime().ledger, run, lines, asked_in, asked=asked)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={"asked": asked},
            timeout=min(_REMIND_AFTER, _time_left(shipments)),
        )


def _skip_if_over(run: InboundRun, shipments: Sequence[ShipmentRow]) -> None:
    """Skip when nobody needs the numbers any more, so that reminders end."""
    from sellerops.inbound.store import RunState

    if run.state.is_given_up or run.state is RunState.CLOSED:
        raise AirflowSkipException(f"Not needed: the run is {run.state.replace('_', ' ')}.")
    if shipments and _time_left(shipments) <= timedelta(0):
        raise AirflowSkipException(
            "Nobody has entered numbers in the time that shipments are followed (`following.stop_after_days` "
            "in config/inbound.yaml)."
        )


def _time_left(shipments: Sequence[ShipmentRow]) -> timedelta:
    """How long these shipments are still followed."""
    from sellerops.inbound.settings import INBOUND

    now = get_runtime().ledger.clock().now()
    confirmed = max((each.confirmed_at for each in shipments if each.confirmed_at), default=now)
    return confirmed + INBOUND.load().following.stop_after - now


def _without_numbers(shipments: Sequence[ShipmentRow]) -> list[ShipmentRow]:
    return [each for each in shipments if not each.tracking]


def _field(run: InboundRun, shipment: ShipmentRow) -> Param:
    """The field for a shipment's numbers. Optional, because shipments may be sent on different days."""
    is_freight = run.request.shipping.is_freight
    more: dict[str, Any] = {} if is_freight else {"format": "multiline"}
    return Param(
        None,
        type=["null", "string"],
        title=f"{shipment.confirmation_id or shipment.shipment_id} to {shipment.warehouse_id}",
        description="The freight bill (PRO) number."
        if is_freight
        else "One number per line, in the order of the boxes, or after the number of its box, such as "
        "3: 1Z999AA10123456784.",
        **more,
    )


def _line(shipment: ShipmentRow) -> str:
    boxes = f", {shipment.boxes} boxes" if shipment.boxes else ""
    known = f", {len(shipment.tracking)} numbers known" if shipment.tracking else ""
    name = shipment.confirmation_id or shipment.shipment_id
    return f"{name} to {shipment.warehouse_id}: {shipment.total_units:,} units{boxes}{known}"
