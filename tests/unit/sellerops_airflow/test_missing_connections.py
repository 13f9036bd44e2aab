"""What Airflow could not look up is tried again; for what is missing a person is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from support.airflow_home import prepare_airflow

prepare_airflow()

from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError, ErrorType  # noqa: E402
from airflow.sdk.execution_time import task_runner  # noqa: E402
from airflow.sdk.execution_time.comms import ErrorResponse, GetVariable  # noqa: E402
from airflow.secrets.metastore import MetastoreBackend  # noqa: E402

from sellerops.base.errors import ConfigurationError, RetryableError, SkipError  # noqa: E402
from sellerops.notices.routes import Kind, Target  # noqa: E402
from sellerops.storage import S3Settings, use_s3_settings  # noqa: E402
from sellerops.storage.s3_settings import current_s3_settings  # noqa: E402
from sellerops_airflow.hooks.archive import archive_uri, drop_folder_uri  # noqa: E402
from sellerops_airflow.hooks.connection_tests import check_connections  # noqa: E402
from sellerops_airflow.hooks.notifications import NotificationsHook  # noqa: E402
from sellerops_airflow.hooks.object_storage import use_storage_connection  # noqa: E402
from sellerops_airflow.hooks.sheets import GoogleSheets  # noqa: E402
from sellerops_airflow.hooks.warehouse import warehouse_conninfo  # noqa: E402
from sellerops_airflow.housekeeping.upkeep import back_up  # noqa: E402
from sellerops_airflow.notifiers import channels, outage  # noqa: E402

TARGET = Target("chat", Kind.TELEGRAM, "sellerops_telegram", "-1")


class Supervisor:
    """Answers as Airflow's does: what does not exist is an answer, an outage is raised."""

    def __init__(self, outage: ErrorType | None = None) -> None:
        self._outage = outage

    def send(self, message: Any) -> ErrorResponse:
        if self._outage:
            raise AirflowRuntimeError(ErrorResponse(error=self._outage))
        is_variable = isinstance(message, GetVariable)
        return ErrorResponse(
            error=ErrorType.VARIABLE_NOT_FOUND if is_variable else ErrorType.CONNECTION_NOT_FOUND
        )


def _nothing_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", Supervisor(), raising=False)


def _no_api_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task's process while the api-server, or the metadata behind it, is away."""
    monkeypatch.setattr(
        task_runner, "SUPERVISOR_COMMS", Supervisor(ErrorType.API_SERVER_ERROR), raising=False
    )


def _no_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the api-server while the metadata is away."""

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", None, raising=False)
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
    monkeypatch.setattr(MetastoreBackend, "get_connection", refuse)
    monkeypatch.setattr(MetastoreBackend, "get_variable", refuse)


OUTAGES = pytest.mark.parametrize("break_it", [_no_api_server, _no_metadata])


@OUTAGES
@pytest.mark.parametrize(
    ("look_up", "what", "otherwise"),
    [
        (warehouse_conninfo, "connection sellerops_warehouse", ConfigurationError),
        (GoogleSheets().log_in, "connection sellerops_sheets", ConfigurationError),
        (NotificationsHook().get_conn, "connection sellerops_notifications", None),
        (archive_uri, "variable sellerops_archive_uri", ConfigurationError),
        (drop_folder_uri, "variable sellerops_drop_folder_uri", ConfigurationError),
        (lambda: back_up(None, 3), "variable sellerops_backup_uri", SkipError),  # type: ignore[arg-type]
        (outage._read, "variable sellerops_ledger_outage", None),
    ],
)
def test_only_what_airflow_does_not_know_is_missing(
    look_up: Callable[[], Any],
    what: str,
    otherwise: type[Exception] | None,
    break_it: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        break_it(broken)
        with pytest.raises(RetryableError, match=f"{what}.* did not answer"):
            look_up()
    _nothing_exists(monkeypatch)
    if otherwise is None:
        assert look_up() is None
        return
    with pytest.raises(otherwise, match=what) as caught:
        look_up()
    if what.startswith("connection"):
        assert isinstance(caught.value.__cause__, AirflowNotFoundException)


@OUTAGES
def test_storage_without_a_connection_is_the_machines_role_only_if_airflow_says_so(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the api-server is away, an archive with a key of its own would be looked for as somebody else."""
    use_storage_connection()
    with monkeypatch.context() as broken:
        break_it(broken)
        with pytest.raises(RetryableError, match="connection sellerops_storage"):
            current_s3_settings()
    _nothing_exists(monkeypatch)
    assert current_s3_settings() == S3Settings(), "the outage was not remembered"
    use_s3_settings(S3Settings)


@OUTAGES
def test_a_notice_is_kept_for_a_channel_that_cannot_be_looked_up(
    break_it: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Recorded for no channel, it would never be sent: its key is known then."""
    monkeypatch.setattr(channels, "_warned", set())
    with monkeypatch.context() as broken, caplog.at_level(logging.WARNING):
        break_it(broken)
        assert channels.has_connection(TARGET)
    assert "could not look up connection 'sellerops_telegram'" in caplog.text
    assert "does not exist" not in caplog.text
    _nothing_exists(monkeypatch)
    assert not channels.has_connection(TARGET)


def test_the_test_of_connections_calls_none_absent_while_the_metadata_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _no_metadata(monkeypatch)
    answer = check_connections(["slack_default"])["slack_default"]
    assert answer["state"] == "failed"
    assert "did not answer" in answer["message"]
