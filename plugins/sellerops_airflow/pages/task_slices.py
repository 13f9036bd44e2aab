"""Finds the slice of a task instance and the requests whose documents it used, from XCom or the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice
from sellerops.read_models.slice_entry import slice_of_load

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class TaskSlice:
    """A slice and the ids of the requests its run used; empty while it is being fetched."""

    slice_: Slice
    request_ids: tuple[int, ...]


def find_task_slice(
    connection: psycopg.Connection[Any], dag_id: str, run_id: str, task_id: str, map_index: int
) -> TaskSlice | None:
    """The slice of a mapped task in a report's run; None when neither Airflow nor the ledger knows it."""
    account = task_id.partition(".")[0]
    if map_index < 0:
        return None
    planned = _xcom(dag_id, run_id, f"{account}.plan_slices", -1)
    values = planned[map_index] if isinstance(planned, Sequence) and map_index < len(planned) else None
    # `airflow db clean` deletes XComs; the ledger keeps loads.
    values = values or slice_of_load(connection, dag_id, run_id, account, map_index)
    try:
        slice_ = Slice.from_dict(dict(values)) if values else None
        if slice_ is None or not slice_.marketplace_ids:
            return None
    except (TypeError, KeyError, ValueError, ConfigurationError):
        return None
    fetched = _xcom(dag_id, run_id, f"{account}.slice.fetch_report", map_index) or ()
    ids = tuple(one for one in fetched if isinstance(one, int)) if isinstance(fetched, Sequence) else ()
    return TaskSlice(slice_, ids)


def _xcom(dag_id: str, run_id: str, task_id: str, map_index: int) -> Any:
    """The task's return value; None when Airflow does not have it (any more)."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    wanted = XComModel.get_many(
        key="return_value", run_id=run_id, dag_ids=dag_id, task_ids=task_id, map_indexes=map_index
    )
    with create_session() as session:
        row = session.execute(wanted.with_only_columns(XComModel.value)).first()
    return XComModel.deserialize_value(row) if row else None
