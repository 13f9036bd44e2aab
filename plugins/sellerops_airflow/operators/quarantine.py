"""Asking people about documents that are held, and doing what they say."""

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
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger.quarantines import Quarantine

log = logging.getLogger(__name__)

RELEASE, REJECT, LATER = "Release", "Reject", "Ask again later"
# Nobody answered for so long: the run ends and a later one asks again, so that runs never pile up.
ANSWER_TIMEOUT = timedelta(days=1)
# A run that is gone without a word holds its questions no longer than this.
_CLAIM_FOR = ANSWER_TIMEOUT + timedelta(hours=1)
_MOST = 100


class FindQuarantinesOperator(BaseOperator):
    """The held documents that no other run asks about, as plain values; tells people of what is untold."""

    ui_color = "#fce8e6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
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
    """Shows one held document and waits for an answer, in state ``awaiting_input``: no worker, no triggerer.

    Returns id, label, choice, who chose and their note. What a command decided meanwhile is not asked.

    :param quarantine: id and label, of FindQuarantinesOperator.
    """

    template_fields: Sequence[str] = ("quarantine",)
    template_fields_renderers = {"quarantine": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = "#fce8e6"

    def __init__(self, *, quarantine: Any, **kwargs: Any) -> None:
        # May be empty: a form field that must be filled in would keep the buttons grey.
        kind = ["null", "string"]
        note = Param(None, type=kind, title="Note", description="Why; it is kept in the ledger.")
        super().__init__(
            subject="A document waits for you",
            options=[RELEASE, REJECT, LATER],
            defaults=[LATER],
            response_timeout=ANSWER_TIMEOUT,
            params={"note": note},
            **kwargs,
        )
        self.quarantine = quarantine

    def execute(self, context: Context) -> dict[str, Any]:
        from sellerops.ledger.quarantines import QuarantineState
        from sellerops.reprocess.quarantine import get_quarantine

        with task_outcome(context):
            held = get_quarantine(get_runtime().ledger, self.quarantine["id"])
        if held.state is not QuarantineState.OPEN:
            log.info("%s is %s by %s already", held.label, held.state, held.decided_by)
            return {**self.quarantine, "choice": "", "by": held.decided_by or "", "note": held.note}
        self.subject = f"{held.report}: {held.account_id} {held.label}"
        self.body = describe(held)
        answer: dict[str, Any] = super().execute(context)
        return answer

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on with what a person chose, or with nothing when nobody did."""
        answer = super().execute_complete(context, event)
        return {
            **self.quarantine,
            "choice": answer["chosen_options"][0],
            "by": _name(answer["responded_by_user"]),
            "note": str((answer["params_input"] or {}).get("note") or ""),
        }


class ApplyDecisionOperator(BaseOperator):
    """Releases or rejects one held document as the answer says; may be cleared and repeated.

    :param answer: what RequestDecisionOperator returned.
    """

    template_fields: Sequence[str] = ("answer",)
    ui_color = "#fce8e6"

    def __init__(self, *, answer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answer = answer

    def execute(self, context: Context) -> list[dict[str, Any]]:
        with task_outcome(context):
            return self._decide(context)

    def _decide(self, context: Context) -> list[dict[str, Any]]:
        from sellerops.ledger import quarantines
        from sellerops.ledger.quarantines import QuarantineState
        from sellerops.reprocess.quarantine import get_quarantine, reject, release

        runtime = get_runtime()
        ledger, choice = runtime.ledger, self.answer["choice"]
        held = get_quarantine(ledger, self.answer["id"])
        wanted = {RELEASE: QuarantineState.RELEASED, REJECT: QuarantineState.REJECTED}.get(choice)
        if held.state not in (QuarantineState.OPEN, wanted):
            raise AirflowSkipException(f"{held.label} is {held.state} by {held.decided_by} already.")
        if wanted is None:
            ledger.database.run(lambda c: quarantines.unclaim(c, held.id, context["run_id"]))
            raise AirflowSkipException(f"{held.label} is not decided; a later run asks again.")
        words = {"decided_by": f"{self.answer['by']} (UI)", "note": self.answer["note"]}
        spec = runtime.spec(f"report__{held.source}__{held.report}")
        if wanted is QuarantineState.REJECTED:
            reject(ledger, held.id, spec=spec, **words)
            return []
        results = release(
            ledger,
            held.id,
            spec=spec,
            open_destination=runtime.destination,
            open_document=lambda uri: runtime.archive.open(uri),
            **words,
        )
        for result in results:
            log.info("%s: %s", held.label, result)
        send_findings(ledger, spec, results)
        return [asdict(result) for result in results]


def describe(held: Quarantine) -> str:
    """What a person needs to decide, as Markdown."""
    title = f"**{held.table_name}**, account **{held.account_id}**, {held.slice['label']}."
    return "\n".join(
        [
            f"{title} Amazon's document: {held.reported_at:%Y-%m-%d %H:%M} UTC, request {held.request_id}.",
            "",
            held.reason,
            "",
            "| day | in the document | stored | usual for the weekday |",
            "| --- | --- | --- | --- |",
            *(_row(figure) for figure in held.figures),
            "",
            f"*{RELEASE}* stores it, *{REJECT}* keeps the rows there are. Until then nothing changes.",
        ]
    )


def _row(figure: dict[str, Any]) -> str:
    new = figure["new"] if figure["new_rows"] else "no rows"
    return f"| {figure['day']} | {new} | {figure['stored'] or '-'} | {figure['median'] or '-'} |"


def _name(user: Any) -> str:
    """Who answered, as Airflow's auth manager calls them."""
    if user is None:
        return ""
    values = (
        user if isinstance(user, dict) else {"name": getattr(user, "name", ""), "id": getattr(user, "id", "")}
    )
    return str(values.get("name") or values.get("id") or "")
