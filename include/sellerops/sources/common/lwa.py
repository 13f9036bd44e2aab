"""Login with Amazon: exchanges a refresh token for access tokens, shared by all calls with the same
credentials.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.bounded_json import read_json
from sellerops.base.errors import AmazonUnavailable, LoginRefused, SellerOpsError
from sellerops.base.redaction import redact
from sellerops.sources.common.bounded import bounded_request
from sellerops.sources.common.call_log import record_token_call
from sellerops.sources.common.document_hosts import origin_of
from sellerops.sources.common.http import httpx
from sellerops.sources.common.tokens import shared_token

LWA_TOKEN_URL = "https://api.amazon.com/auth/o2/token"

# Login with Amazon's permanent errors (OAuth 2.0, RFC 6749 section 5.2), worded so that a person can act.
_PERMANENT = {
    "invalid_grant": "the refresh token is wrong or was revoked",
    "invalid_client": "the client id or client secret is wrong, or the secret has expired",
    "unauthorized_client": "the application may not use this refresh token",
    "invalid_scope": "the application may not ask for this scope",
    "invalid_request": "the token request is malformed",
    "unsupported_grant_type": "the grant type is not supported",
}


@dataclass(frozen=True)
class Credentials:
    """The contents of an account's Airflow connection. Only the addresses ever appear in text.

    ``endpoint`` is the region's address (``https://sellingpartnerapi-na.amazon.com``) or a local server's;
    ``connection`` is the Airflow connection id that error messages name. ``document_hosts``:
    addresses that documents may be downloaded from, besides Amazon's and the endpoint.
    """

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    endpoint: str
    token_url: str = LWA_TOKEN_URL
    connection: str = ""
    document_hosts: tuple[str, ...] = ()

    @property
    def document_origins(self) -> frozenset[str]:
        """The origins of documents that the connection allows; see ``check_address``."""
        return frozenset(filter(None, map(origin_of, (self.endpoint, *self.document_hosts))))

    def check(self) -> None:
        """Raise LoginRefused when a part is missing: an incomplete set must never be completed from another
        place, such as the environment.
        """
        parts = {
            "LWA client id (login)": self.client_id,
            "LWA client secret (password)": self.client_secret,
            "refresh token (extra refresh_token)": self.refresh_token,
            "endpoint (host)": self.endpoint,
            "token address (extra token_url)": self.token_url,
        }
        missing = [name for name, value in parts.items() if not value]
        if missing:
            raise LoginRefused(
                f"has no {', no '.join(missing)}.",
                where=self.where,
                remedy=f"Complete the Airflow {self.where}.",
            )

    @property
    def where(self) -> str:
        return f"connection {self.connection}" if self.connection else "the account's connection"

    @property
    def digest(self) -> str:
        """Identifies a set of credentials without revealing it."""
        parts = (
            self.client_id,
            self.client_secret,
            self.refresh_token,
            self.endpoint,
            self.token_url,
            self.connection,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class TokenSource:
    """Access tokens for one set of credentials; a process shares one token per set and scope.

    ``scope``: that of a grantless operation, whose tokens belong to the application and not to a seller.
    """

    def __init__(self, credentials: Credentials, http: httpx.AsyncClient, scope: str = "") -> None:
        self._credentials = credentials
        self._grant = (
            {"grant_type": "client_credentials", "scope": scope}
            if scope
            else {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        )
        self._http = http
        self._shared = shared_token(f"{credentials.digest} {scope}")

    async def get(self) -> str:
        """A valid access token. LoginRefused (permanent) or AmazonUnavailable."""
        return await self._shared.get(self._ask)

    async def fresh(self) -> str:
        """A new access token that is not shared, to check the credentials."""
        token, _ = await self._ask()
        return token

    def invalidate(self, token: str) -> None:
        """Forget ``token``, which Amazon refused; a token renewed meanwhile is kept."""
        self._shared.drop(token)

    async def _ask(self) -> tuple[str, float]:
        form = {
            **self._grant,
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        with record_token_call() as facts:
            try:
                response = await bounded_request(self._http, "POST", self._credentials.token_url, data=form)
            except httpx.HTTPError as error:
                # `sent` refers to the API call that needs this token, which has not been sent yet.
                raise AmazonUnavailable(
                    f"Login with Amazon did not answer: {type(error).__name__}.",
                    where=self._where,
                    sent=False,
                ) from None
            facts.status = response.status_code
            facts.request_id = response.headers.get("x-amzn-RequestId")
            body = _json(response)
            if response.status_code == 200 and isinstance(body.get("access_token"), str):
                return body["access_token"], _seconds(body.get("expires_in"))
            raise self._error(response.status_code, body)

    def _error(self, status: int, body: Mapping[str, Any]) -> SellerOpsError:
        code = str(body.get("error") or "")
        if code and 400 <= status < 500 and status != 429:
            message = redact(str(body.get("error_description") or "")).strip().rstrip(".")
            words = _PERMANENT.get(code, "it refused the credentials")
            return LoginRefused(
                f"Login with Amazon answered {code}: {words}{f' ({message})' if message else ''}.",
                where=self._where,
                remedy=f"Renew the Airflow {self._credentials.where}, then clear the task.",
                code=code,
                status=status,
            )
        return AmazonUnavailable(
            f"Login with Amazon answered {status} without a token.",
            where=self._where,
            status=status,
            sent=False,
        )

    @property
    def _where(self) -> str:
        return f"{self._credentials.where}, {self._credentials.token_url}"


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = read_json(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 3600.0
