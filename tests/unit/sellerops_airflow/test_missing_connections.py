"""A connection that Airflow could not look up is tried again; for a missing one a person is asked."""

from __future__ import annotations

from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from airflow.sdk.exceptions import AirflowNotFoundException, ErrorType  # noqa: E402
from airflow.sdk.execution_time import task_runner  # noqa: E402
from airflow.sdk.execution_time.comms import ErrorResponse  # noqa: E402

from sellerops.base.errors import ConfigurationError, RetryableError  # noqa: E402
from sellerops.storage import S3Settings, use_s3_settings  # noqa: E402
from sellerops.storage.s3_settings import current_s3_settings  # noqa: E402
from sellerops_airflow.hooks.object_storage import use_storage_connection  # noqa: E402
from sellerops_airflow.hooks.warehouse import warehouse_conninfo  # noqa: E402


class Supervisor:
    """Answers every request of the task with one error."""

    def __init__(self, error: ErrorType) -> None:
        self._error = error

    def send(self, message: Any) -> ErrorResponse:
        return ErrorResponse(error=self._error)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (ErrorType.CONNECTION_NOT_FOUND, ConfigurationError),
        (ErrorType.API_SERVER_ERROR, RetryableError),
        (ErrorType.GENERIC_ERROR, RetryableError),
    ],
)
def test_only_a_connection_that_airflow_does_not_know_is_a_fault_of_the_configuration(
    answer: ErrorType, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(answer), raising=False)
    with pytest.raises(raised, match="connection sellerops_warehouse") as caught:
        warehouse_conninfo()
    assert isinstance(caught.value.__cause__, AirflowNotFoundException)


def test_storage_without_a_connection_is_the_machines_role_only_if_airflow_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While the api-server is away, an archive with a key of its own would be looked for as somebody else."""
    use_storage_connection()
    for answer in (ErrorType.API_SERVER_ERROR, ErrorType.GENERIC_ERROR):
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(answer), raising=False)
        with pytest.raises(RetryableError, match="connection sellerops_storage"):
            current_s3_settings()
    known = Supervisor(ErrorType.CONNECTION_NOT_FOUND)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", known, raising=False)
    assert current_s3_settings() == S3Settings(), "the outage was not remembered"
    use_s3_settings(S3Settings)
