"""Error responses of the Ads API: `code` and `details`; in reporting, `code` and `detail`."""

from __future__ import annotations

from collections.abc import Mapping

from amazon_sandbox.core.answers import new_request_id

_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    406: "NOT_ACCEPTABLE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "UNPROCESSABLE_ENTITY",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    503: "SERVICE_UNAVAILABLE",
}


class AdsError(Exception):
    """An error response; with `is_reporting`, in the shape that /reporting uses."""

    def __init__(
        self,
        status: int,
        details: str,
        *,
        is_reporting: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.details = details
        self.is_reporting = is_reporting
        self.headers = dict(headers or {})
        super().__init__(f"{status}: {details}")

    def body(self) -> dict[str, object]:
        """The JSON body."""
        if self.is_reporting:
            return {"code": str(self.status), "detail": self.details}
        code = _CODES.get(self.status, str(self.status))
        return {"code": code, "details": self.details, "requestId": new_request_id()}


def bad_report(detail: str) -> AdsError:
    """400 of POST /reporting/reports."""
    return AdsError(400, detail, is_reporting=True)


def throttled(retry_after: float | None) -> AdsError:
    """429, with Retry-After or without."""
    headers = {} if retry_after is None else {"Retry-After": str(max(1, round(retry_after)))}
    return AdsError(429, "Too Many Requests", headers=headers)
