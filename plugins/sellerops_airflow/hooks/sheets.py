"""The Airflow connection ``sellerops_sheets``: Google Sheets through the Google provider's own hook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from sellerops.base.errors import ConfigurationError, CredentialsError, RetryableError, SellerOpsError

if TYPE_CHECKING:
    from airflow.providers.google.suite.hooks.sheets import GSheetsHook
    from googleapiclient.errors import HttpError

    from sellerops.exports.cells import Cell

SHEETS_CONN_ID = "sellerops_sheets"
# The hook's own default, all of Google Cloud, does not open Google Sheets.
SCOPE = "https://www.googleapis.com/auth/spreadsheets"

_Answer = TypeVar("_Answer")
# Quotas are by the minute (Sheets API, usage limits).
_QUOTA_SECONDS = 60


class GoogleSheets:
    """The Sheets API v4 as exports need it; Google's errors come out as ours, by remedy.

    The connection is a Google Cloud one: keyfile, key path or the machine's own account. Its extra
    ``api_endpoint`` names another address than Google's.
    """

    def __init__(self, sheets_conn_id: str = SHEETS_CONN_ID) -> None:
        self._conn_id = sheets_conn_id
        self._made: GSheetsHook | None = None

    def log_in(self) -> str:
        """Ask Google for an access token; whose it is. Raises CredentialsError, RetryableError."""

        def ask(hook: GSheetsHook) -> None:
            from google.auth.transport.requests import Request

            hook.get_credentials().refresh(Request())  # type: ignore[no-untyped-call]

        self._call("", ask)
        return self._account()

    def spreadsheet(self, spreadsheet_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._call(spreadsheet_id, lambda hook: hook.get_spreadsheet(spreadsheet_id))
        return found

    def read(self, spreadsheet_id: str, area: str) -> list[list[Any]]:
        rows: list[list[Any]] = self._call(
            spreadsheet_id,
            lambda hook: hook.get_values(spreadsheet_id, area, value_render_option="UNFORMATTED_VALUE"),
        )
        return rows

    def write(self, spreadsheet_id: str, areas: Sequence[str], values: Sequence[list[list[Cell]]]) -> None:
        # RAW: what a cell says is stored as it is, never run as a formula.
        self._call(
            spreadsheet_id,
            lambda hook: hook.batch_update_values(
                spreadsheet_id, list(areas), list(values), value_input_option="RAW"
            ),
        )

    def clear(self, spreadsheet_id: str, areas: Sequence[str]) -> None:
        self._call(spreadsheet_id, lambda hook: hook.batch_clear(spreadsheet_id, list(areas)))

    def grow(self, spreadsheet_id: str, sheet_id: int, rows: int, columns: int) -> None:
        wanted = (("ROWS", rows), ("COLUMNS", columns))
        requests = [
            {"appendDimension": {"sheetId": sheet_id, "dimension": dimension, "length": length}}
            for dimension, length in wanted
            if length
        ]
        self._call(
            spreadsheet_id,
            lambda hook: (
                hook.get_conn()
                .spreadsheets()
                .batchUpdate(spreadsheetId=spreadsheet_id, body={"requests": requests})
                .execute(num_retries=hook.num_retries)
            ),
        )

    def _call(self, spreadsheet_id: str, work: Callable[[GSheetsHook], _Answer]) -> _Answer:
        from google.auth.exceptions import GoogleAuthError, TransportError
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        where = f"spreadsheet {spreadsheet_id}"
        try:
            return work(self._hook())
        except HttpError as error:
            raise self._refusal(error, where) from error
        except (TransportError, HttpLib2Error, OSError) as error:
            cause = f"Google Sheets does not answer: {str(error) or type(error).__name__}."
            raise RetryableError(cause, where=where) from error
        except (GoogleAuthError, AirflowException) as error:
            if getattr(error, "retryable", False):
                raise RetryableError("Google gives no access token now.", where=where) from error
            # Airflow's own: the hook cannot read the key.
            raise self._bad_key(str(error)) from error

    def _hook(self) -> GSheetsHook:
        from airflow.providers.google.suite.hooks.sheets import GSheetsHook

        if self._made is None:
            try:
                hook = GSheetsHook(gcp_conn_id=self._conn_id)
            except AirflowNotFoundException as error:
                raise ConfigurationError(
                    "does not exist.",
                    where=f"connection {self._conn_id}",
                    remedy="Add it in Admin > Connections as Google Cloud (docs/exports.md); clear the task.",
                ) from error
            hook.api_endpoint = hook.extras.get("api_endpoint") or None
            hook.extras = {**hook.extras, "scope": hook.extras.get("scope") or SCOPE}
            try:
                hook.get_credentials()
            except (KeyError, ValueError) as error:
                # Not the library's own errors: a part of the key is missing, or is no key.
                raise self._bad_key(f"its key is incomplete ({type(error).__name__}: {error})") from error
            self._made = hook
        return self._made

    def _refusal(self, error: HttpError, where: str) -> SellerOpsError:
        status, said = int(error.resp.status), str(error.reason or "").strip().rstrip(".")
        if status == 429:
            cause = f"Google's quota of requests a minute is used up: {said}."
            return RetryableError(cause, where=where, wait_seconds=_QUOTA_SECONDS)
        if status in (408, 409) or status >= 500:
            return RetryableError(f"Google Sheets answers {status}: {said}.", where=where)
        if status == 401:
            return self._bad_key(said)
        if status in (403, 404):
            return self._no_access(status, said, where)
        return ConfigurationError(
            f"Google Sheets answers {status}: {said}.",
            where=where,
            remedy="Correct the export or the sheet (a protected range?), then clear the task.",
        )

    def _bad_key(self, said: str) -> CredentialsError:
        return CredentialsError(
            f"Google refuses the account: {said.rstrip('.')}.",
            where=f"connection {self._conn_id}",
            remedy="Renew its key in Admin > Connections, then clear the task.",
        )

    def _no_access(self, status: int, said: str, where: str) -> ConfigurationError:
        if "API" in said:
            remedy = "Enable the Google Sheets API in the account's project, then clear the task."
        else:
            remedy = f"Share the spreadsheet with {self._account()} as an editor (button Share)"
            remedy += ", then clear the task." if status == 403 else ", or correct `spreadsheet_id`."
        what = "may not open or change it" if status == 403 else "finds no such spreadsheet"
        return ConfigurationError(
            f"the account of connection {self._conn_id} {what}: {said}.", where=where, remedy=remedy
        )

    def _account(self) -> str:
        """Whom to share with: the service account's address where the connection has one."""
        credentials = self._hook().get_credentials()
        email = getattr(credentials, "service_account_email", None)
        return str(email) if email else f"the account of connection {self._conn_id}"
