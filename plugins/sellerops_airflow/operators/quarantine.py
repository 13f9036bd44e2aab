"""Asks people to release or reject quarantined documents in Airflow's UI, and applies their decisions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator, Context, Param
from airflow.sdk.exceptions import AirflowSkipException

from sellerops_airflow.notifiers.findings import send_findings
from sellerops_airflow.runs.questions import responder
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger.quarantines import Quarantine

log = logging.getLogger(__name__)

RELEASE, REJECT, LATER = "Release", "Reject", "Ask again later"
# Without a decision in this time the run ends and a later one asks again, so that runs do not pile up.
ANSWER_TIMEOUT = timedelta(days=1)
# When a run disappears, other runs may ask about its documents after this time.
_CLAIM_FOR = ANSWER_TIMEOUT + timedelta(hours=1)
_MOST = 100


class FindQuarantinesOperator(BaseOperator):
    """Claims the quarantined documents that no other run asks about; returns their ids and labels."""

    ui_color = "#fce8e6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Claim up to 100 documents, and send notices about those not yet reported."""
        from sellerops.ledger import quarantines
        from sellerops_airflow.notifiers.quarantine import send_quarantine_notices

        ledger = get_runtime().ledger
        run_id = context["run_id"]
        with task_outcome(context):
            found = ledger.database.run(lambda c: quarantines.claim(c, run_id, _CLAIM_FOR, _MOST))
        send_quarantine_notices(ledger, found)
        for each in found:
            log.info("%s: %s", each.label, each.reason)
        return [{"id": each.id, "label": f"{each.account_id} {each.label}"} for each in found]


class RequestDecisionOperator(HITLOperator):
    """Shows one quarantined document and waits for a decision in state ``awaiting_input``.

    Waiting occupies neither worker nor triggerer. Returns ``id``, ``label``, ``choice``, ``by`` (who decided)
    and ``note``. Does not ask when a command has decided meanwhile.

    :param quarantine: id and label, from FindQuarantinesOperator.
    """

    template_fields: Sequence[str] = ("quarantine",)
    template_fields_renderers = {"quarantine": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = "#fce8e6"

    def __init__(self, *, quarantine: Any, **kwargs: Any) -> None:
        # Optional: a required field would disable the buttons until it is filled in.
        kind = ["null", "string"]
        note = Param(None, type=kind, title="Note", description="The reason; kept in the ledger.")
        super().__init__(
            subject="A document needs your decision",
            options=[RELEASE, REJECT, LATER],
            defaults=[LATER],
            response_timeout=ANSWER_TIMEOUT,
            params={"note": note},
            **kwargs,
        )
        self.quarantine = quarantine

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask for a decision; return immediately if there already is one."""
        from sellerops.ledger.quarantines import QuarantineState
        from sellerops.reprocess.quarantine import get_quarantine

        with task_outcome(context):
            found = get_quarantine(get_runtime().ledger, self.quarantine["id"])
        if found.state is not QuarantineState.OPEN:
            log.info("%s was already %s by %s", found.label, found.state, found.decided_by)
            return {**self.quarantine, "choice": "", "by": found.decided_by or "", "note": found.note}
        self.subject = f"{found.report}: {found.account_id} {found.label}"
        self.body = describe(found)
        answer: dict[str, Any] = super().execute(context)
        return answer

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Return the person's decision, or *Ask again later* when nobody answered in time."""
        answer = super().execute_complete(context, event)
        return {
            **self.quarantine,
            "choice": answer["chosen_options"][0],
            "by": responder(answer),
            "note": str((answer["params_input"] or {}).get("note") or ""),
        }


class ApplyDecisionOperator(BaseOperator):
    """Releases or rejects one quarantined document as decided; may be cleared and repeated.

    :param answer: the return value of RequestDecisionOperator.
    """

    template_fields: Sequence[str] = ("answer",)
    ui_color = "#fce8e6"

    def __init__(self, *, answer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answer = answer

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Apply the decision; return the results of the loads it caused.

        Raises AirflowSkipException when there is no decision, or when a different one was made before.
        """
        with task_outcome(context):
            return self._apply(context)

    def _apply(self, context: Context) -> list[dict[str, Any]]:
        from sellerops.ledger import quarantines
        from sellerops.ledger.quarantines import QuarantineState
        from sellerops.reprocess.quarantine import get_quarantine, reject, release

        runtime = get_runtime()
        ledger, choice = runtime.ledger, self.answer["choice"]
        found = get_quarantine(ledger, self.answer["id"])
        wanted = {RELEASE: QuarantineState.RELEASED, REJECT: QuarantineState.REJECTED}.get(choice)
        if found.state not in (QuarantineState.OPEN, wanted):
            raise AirflowSkipException(f"{found.label} was already {found.state} by {found.decided_by}.")
        if wanted is None:
            ledger.database.run(lambda c: quarantines.unclaim(c, found.id, context["run_id"]))
            raise AirflowSkipException(f"no decision for {found.label}; a later run asks again.")
        decision = {"decided_by": f"{self.answer['by']} (UI)", "note": self.answer["note"]}
        spec = runtime.spec(f"report__{found.source}__{found.report}")
        if wanted is QuarantineState.REJECTED:
            reject(ledger, found.id, spec=spec, **decision)
            return []
        results = release(
            ledger,
            found.id,
            spec=spec,
            open_destination=runtime.destination,
            open_document=lambda uri: runtime.archive.open(uri),
            **decision,
        )
        for result in results:
            log.info("%s: %s", found.label, result)
        send_findings(ledger, spec, results)
        return [asdict(result) for result in results]


def describe(quarantine: Quarantine) -> str:
    """The facts a person needs for a decision, as Markdown."""
    title = f"**{quarantine.table_name}**, account **{quarantine.account_id}**, {quarantine.slice['label']}."
    return "\n".join(
        [
            f"{title} Amazon's document: {quarantine.reported_at:%Y-%m-%d %H:%M} UTC, "
            f"request {quarantine.request_id}.",
            "",
            quarantine.reason,
            "",
            "| day | in the document | stored | usual for the weekday |",
            "| --- | --- | --- | --- |",
            *(_row(figure) for figure in quarantine.figures),
            "",
            f"*{RELEASE}* stores the document, *{REJECT}* keeps the stored rows. Nothing changes until then.",
        ]
    )


def _row(figure: dict[str, Any]) -> str:
    new = figure["new"] if figure["new_rows"] else "no rows"
    return f"| {figure['day']} | {new} | {figure['stored'] or '-'} | {figure['median'] or '-'} |"
