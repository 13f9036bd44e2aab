"""Tells a connection or variable that does not exist from one that Airflow could not look up.

Airflow's lookup ends in the same error, or returns the default, for both: it asks one place after another and
skips those that fail (Airflow 3.3.2, ``airflow.sdk.execution_time.context``). While the api-server, the
metadata or a secrets backend is unavailable, everything seems to be missing.
"""

from __future__ import annotations

from typing import Any

from sellerops.base.errors import ConfigurationError, RetryableError


def missing_connection(conn_id: str, error: ConfigurationError) -> ConfigurationError | RetryableError:
    """``error`` if Airflow, asked again, does not know the connection; otherwise a RetryableError."""
    return error if is_missing(conn_id) else unanswered(conn_id)


def unanswered(conn_id: str) -> RetryableError:
    """The error for a connection that Airflow could not look up."""
    return _unanswered(f"connection {conn_id}")


def is_missing(conn_id: str) -> bool:
    """Whether Airflow, asked again after an AirflowNotFoundException, does not know the connection."""
    from airflow.sdk.execution_time.comms import GetConnection

    return all(
        _denies(backend, GetConnection(conn_id=conn_id), "get_connection", {"conn_id": conn_id})
        for backend in _backends()
    )


def read_variable(key: str) -> str | None:
    """The Airflow variable; None if it does not exist. Raises RetryableError if Airflow does not answer."""
    from airflow.sdk import Variable
    from airflow.sdk.execution_time.comms import GetVariable

    value: str | None = Variable.get(key, default=None)
    if value is None and not all(
        _denies(backend, GetVariable(key=key), "get_variable", {"key": key}) for backend in _backends()
    ):
        raise _unanswered(f"variable {key}")
    return value


def _backends() -> list[Any]:
    """Where this process looks up connections and variables."""
    from airflow.sdk.execution_time.supervisor import ensure_secrets_backend_loaded

    return ensure_secrets_backend_loaded()


def _denies(backend: Any, request: Any, method: str, name: dict[str, str]) -> bool:
    """Whether the backend answers that it has no such connection or variable."""
    from airflow.sdk.execution_time.secrets import ExecutionAPISecretsBackend

    try:
        if isinstance(backend, ExecutionAPISecretsBackend):
            return _is_unknown_to_api_server(request)
        return getattr(backend, method)(**name) is None
    except Exception:  # noqa: BLE001 - whatever a backend's client raises: it did not answer
        return False


def _is_unknown_to_api_server(request: Any) -> bool:
    """The same for the api-server. Raises AirflowRuntimeError if it does not answer the supervisor."""
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    answer = SUPERVISOR_COMMS.send(request)
    unknown = (ErrorType.CONNECTION_NOT_FOUND, ErrorType.VARIABLE_NOT_FOUND)
    return isinstance(answer, ErrorResponse) and answer.error in unknown


def _unanswered(where: str) -> RetryableError:
    return RetryableError(
        "Airflow did not answer the request for it.",
        where=where,
        remedy="Check that the api-server and its database answer; the task tries again.",
    )


__all__ = ["is_missing", "missing_connection", "read_variable", "unanswered"]
