"""Tells a connection that does not exist from one that Airflow could not look up.

In a task, Airflow's lookup ends in the same AirflowNotFoundException for both: while the api-server or its
database is away, every connection seems to be missing (Airflow 3.3.2, ExecutionAPISecretsBackend).
"""

from __future__ import annotations

from sellerops.base.errors import ConfigurationError, RetryableError


def missing_connection(conn_id: str, error: ConfigurationError) -> ConfigurationError | RetryableError:
    """``error`` if Airflow, asked again, does not know the connection; otherwise a RetryableError."""
    return error if is_missing(conn_id) else unanswered(conn_id)


def unanswered(conn_id: str) -> RetryableError:
    """The error for a connection that Airflow could not look up."""
    return RetryableError(
        "Airflow did not answer the request for it.",
        where=f"connection {conn_id}",
        remedy="Check that the api-server and its database answer; the task tries again.",
    )


def is_missing(conn_id: str) -> bool:
    """Whether Airflow, asked again after an AirflowNotFoundException, does not know the connection."""
    from airflow.sdk.exceptions import ErrorType
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if comms is None:
        return True  # no task: the lookup was one of the metadata, which raises when it cannot be read
    answer = comms.send(GetConnection(conn_id=conn_id))
    return isinstance(answer, ErrorResponse) and answer.error == ErrorType.CONNECTION_NOT_FOUND


__all__ = ["is_missing", "missing_connection", "unanswered"]
