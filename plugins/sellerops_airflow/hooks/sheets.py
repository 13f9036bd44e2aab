"""Google Sheets through the Google provider's hook and the Airflow connection ``sellerops_sheets``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from sellerops.base.errors import ConfigurationError, CredentialsError, RetryableError, SellerOpsError
from sellerops_airflow.hooks.missing import missing_connection

if TYPE_CHECKING:
    from airflow.providers.google.suite.hooks.sheets import GSheetsHook
    from googleapiclient.errors import HttpError

    from sellerops.exports.cells import Cell

SHEETS_CONN_ID = "sellerops_sheets"
# The hook's default scope covers Google Cloud but not Google Sheets.
SCOPE = "https://www.googleapis.com/auth/spreadsheets"

_Answer = TypeVar("_Answer")
# Quotas are per minute (Sheets API, usage limits).
_QUOTA_SECONDS = 60


class GoogleSheets:
    """The calls of Sheets API v4 that exports need. Google's errors become SellerOpsErrors with a remedy.

    The connection is of type Google Cloud: key file, key path or the machine's own account. Its extra
    ``api_endpoint`` overrides Google's address. Every call raises CredentialsError when Google refuses the
    account, ConfigurationError when it refuses the request, and RetryableError for quotas and outages.
    """

    def __init__(self, sheets_conn_id: str = SHEETS_CONN_ID) -> None:
        self._conn_id = sheets_conn_id
        self._made: GSheetsHook | None = None

    def log_in(self) -> str:
        """Ask Google for an access token; return the account it belongs to."""

        def ask(hook: GSheetsHook) -> None:
            from google.auth.transport.requests import Request

            hook.get_credentials().refresh(Request())  # type: ignore[no-untyped-call]

        self._call("", ask)
        return self._account()

    def spreadsheet(self, spreadsheet_id: str) -> dict[str, Any]:
        """Title, sheets and sizes of a spreadsheet, as the API returns them."""
        found: dict[str, Any] = self._call(spreadsheet_id, lambda hook: hook.get_spreadsheet(spreadsheet_id))
        return found

    def read(self, spreadsheet_id: str, area: str) -> list[list[Any]]:
        """The unformatted rows of ``area`` (A1 notation), without empty cells and rows at the end."""
        rows: list[list[Any]] = self._call(
            spreadsheet_id,
            lambda hook: hook.get_values(spreadsheet_id, area, value_render_option="UNFORMATTED_VALUE"),
        )
        return rows

    def write(self, spreadsheet_id: str, areas: Sequence[str], values: Sequence[list[list[Cell]]]) -> None:
        """Write the rows in ``values`` to ``areas`` (A1 notation), one list of rows per area."""
        # RAW stores cells as they are and never runs them as formulas.
        self._call(
            spreadsheet_id,
            lambda hook: hook.batch_update_values(
                spreadsheet_id, list(areas), list(values), value_input_option="RAW"
            ),
        )

    def clear(self, spreadsheet_id: str, areas: Sequence[str]) -> None:
        """Delete the values in ``areas`` (A1 notation); formats stay."""
        self._call(spreadsheet_id, lambda hook: hook.batch_clear(spreadsheet_id, list(areas)))

    def grow(self, spreadsheet_id: str, sheet_id: int, rows: int, columns: int) -> None:
        """Append this many empty rows and columns to a sheet."""
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
                raise RetryableError("Google issued no access token.", where=where) from error
            # AirflowException: the hook cannot read the key.
            raise self._bad_key(str(error)) from error

    def _hook(self) -> GSheetsHook:
        from airflow.providers.google.suite.hooks.sheets import GSheetsHook

        if self._made is None:
            try:
                hook = GSheetsHook(gcp_conn_id=self._conn_id)
            except AirflowNotFoundException as error:
                missing = ConfigurationError(
                    "does not exist.",
                    where=f"connection {self._conn_id}",
                    remedy="Add it in Admin > Connections as Google Cloud (docs/exports.md); clear the task.",
                )
                raise missing_connection(self._conn_id, missing) from error
            hook.api_endpoint = hook.extras.get("api_endpoint") or None
            hook.extras = {**hook.extras, "scope": hook.extras.get("scope") or SCOPE}
            try:
                hook.get_credentials()
            except (KeyError, ValueError) as error:
                # Raised by the library when a part of the key is missing or malformed.
                raise self._bad_key(f"its key is incomplete ({type(error).__name__}: {error})") from error
            self._made = hook
        return self._made

    def _refusal(self, error: HttpError, where: str) -> SellerOpsError:
        status, reason = int(error.resp.status), str(error.reason or "").strip().rstrip(".")
        if status == 429:
            cause = f"Google's quota of requests per minute is used up: {reason}."
            return RetryableError(cause, where=where, wait_seconds=_QUOTA_SECONDS)
        if status in (408, 409) or status >= 500:
            return RetryableError(f"Google Sheets answered {status}: {reason}.", where=where)
        if status == 401:
            return self._bad_key(reason)
        if status in (403, 404):
            return self._no_access(status, reason, where)
        return ConfigurationError(
            f"Google Sheets answered {status}: {reason}.",
            where=where,
            remedy="Correct the export or the sheet (a protected range?), then clear the task.",
        )

    def _bad_key(self, reason: str) -> CredentialsError:
        return CredentialsError(
            f"Google refuses the account: {reason.rstrip('.')}.",
            where=f"connection {self._conn_id}",
            remedy="Renew its key in Admin > Connections, then clear the task.",
        )

    def _no_access(self, status: int, reason: str, where: str) -> ConfigurationError:
        if "API" in reason:
            remedy = "Enable the Google Sheets API in the account's project, then clear the task."
        else:
            remedy = f"Share the spreadsheet with {self._account()} as an editor (button Share)"
            remedy += ", then clear the task." if status == 403 else ", or correct `spreadsheet_id`."
        what = "may not open or change it" if status == 403 else "cannot find this spreadsheet"
        return ConfigurationError(
            f"the account of connection {self._conn_id} {what}: {reason}.", where=where, remedy=remedy
        )

    def _account(self) -> str:
        """The account to share spreadsheets with: the service account's e-mail address, if there is one."""
        credentials = self._hook().get_credentials()
        email = getattr(credentials, "service_account_email", None)
        return str(email) if email else f"the account of connection {self._conn_id}"
