"""Puts a question to people under Airflow's *Required Actions*.

Airflow 3.3.2 keeps one question per task instance and never changes its text: a task that is retried or
cleared keeps its earlier question, and asking again in the same task only removes its answer. So
``put_question`` returns whether people see this question; if not, it has to be asked in another run.
Decision: docs/decisions/ask-again-in-a-new-run.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.errors import RetryableError


@dataclass(frozen=True)
class Question:
    """``body`` is Markdown. ``users``: names of those who may answer; ``fields``: serialized params."""

    subject: str
    body: str
    options: Sequence[str]
    users: Sequence[str]
    fields: Mapping[str, Any] = field(default_factory=dict)


def put_question(ti_id: Any, question: Question) -> bool:
    """Ask, and remove an earlier answer. Returns False if Airflow still shows an earlier question."""
    from airflow.sdk.api.datamodels._generated import HITLUser
    from airflow.sdk.execution_time.comms import CreateHITLDetailPayload, ErrorResponse

    answer = _send(
        CreateHITLDetailPayload(
            ti_id=ti_id,
            options=list(question.options),
            subject=question.subject,
            body=question.body,
            defaults=None,
            multiple=False,
            params=dict(question.fields),
            assigned_users=[HITLUser(id=name, name=name) for name in question.users],
        )
    )
    if isinstance(answer, ErrorResponse):
        raise RetryableError(f"Airflow did not accept the question: {answer.detail}.", where=question.subject)
    shown = (answer.subject, answer.body, list(answer.options))
    return shown == (question.subject, question.body, list(question.options))


async def withdraw_question(ti_id: str) -> None:
    """Remove a task's question from *Required Actions*, in the triggerer: tasks may not answer questions."""
    from uuid import UUID

    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import UpdateHITLDetail

    answer = UpdateHITLDetail(ti_id=UUID(ti_id), chosen_options=["Asked in another run"], params_input={})
    comms: Any = task_runner.SUPERVISOR_COMMS
    await comms.asend(answer)


def responder(event: Mapping[str, Any]) -> str:
    """Name or id of the user who answered, in Airflow's auth manager; empty if nobody did."""
    return next(iter(_names(event)), "")


def is_answered_by(event: Mapping[str, Any], users: Collection[str]) -> bool:
    """Whether one of ``users`` answered: their names, or ids where the auth manager numbers them (FAB)."""
    return any(name in users for name in _names(event))


def _names(event: Mapping[str, Any]) -> list[str]:
    user = event.get("responded_by_user")
    if user is None:
        return []
    values = user if isinstance(user, Mapping) else {"name": user.name, "id": user.id}
    return [str(values[key]) for key in ("name", "id") if values.get(key)]


def has_timed_out(event: Mapping[str, Any]) -> bool:
    """Whether the task continues because nobody answered in time."""
    return event.get("error_type") == "timeout" or bool(event.get("timedout"))


def _send(message: Any) -> Any:
    from airflow.sdk.execution_time import task_runner

    return task_runner.SUPERVISOR_COMMS.send(message)
