"""What our way of asking again relies on in Airflow; when this fails, ask in the same task instead."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from airflow.api_fastapi.execution_api.datamodels.hitl import HITLDetailRequest
from airflow.api_fastapi.execution_api.routes.hitl import upsert_hitl_detail
from airflow.models.base import Base
from airflow.models.hitl import HITLDetail
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def test_airflow_keeps_the_text_of_a_tasks_first_question() -> None:
    """Also for a retry or a cleared task: its new id is written to the question (ON UPDATE CASCADE)."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    task = uuid4()
    with Session(engine) as session:
        first, again = (_ask(session, task, cost) for cost in ("$12.50", "$14.00"))
        session.commit()
    assert first.body == again.body == "It costs $12.50."
    assert again.options == ["A1: $12.50"]
    (key,) = HITLDetail.__table__.foreign_keys
    assert (key.onupdate, key.column.name) == ("CASCADE", "id")


def _ask(session: Session, task: Any, cost: str) -> HITLDetailRequest:
    question = HITLDetailRequest(
        ti_id=task,
        options=[f"A1: {cost}"],
        subject="Approve",
        body=f"It costs {cost}.",
        params={},
        assigned_users=[],
    )
    answer = upsert_hitl_detail(task, question, session)
    session.flush()
    return answer
