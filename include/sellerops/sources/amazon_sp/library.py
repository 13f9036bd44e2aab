"""python-amazon-sp-api's client on our transport: it builds paths, queries and bodies, and we send them.

Its Reports class is not used, because importing it imports the classes of all APIs; this module defines the
few calls that we need.
"""

from __future__ import annotations

import gc
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.lwa import Credentials

_REPORTS = "/reports/2021-06-30/reports"
_DOCUMENTS = "/reports/2021-06-30/documents"


@dataclass(frozen=True)
class _Marketplace:
    """What the library reads from its ``marketplace`` argument."""

    endpoint: str
    marketplace_id: str
    region: str


def library_client(credentials: Credentials, region: str, transport: object, tls: ssl.SSLContext) -> Any:
    """The library's client with the calls of the Reports API, independent of the environment."""
    marketplace = _Marketplace(credentials.endpoint, "", region)
    try:
        client = _reports_class()(
            marketplace=marketplace,
            credentials={
                "refresh_token": credentials.refresh_token,
                "lwa_app_id": credentials.client_id,
                "lwa_client_secret": credentials.client_secret,
            },
            credential_providers=_code_only(),
            verify=tls,
        )
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f"python-amazon-sp-api refuses its configuration: {error}.",
            where="environment of this process",
            remedy="Unset SP_API_DEFAULT_MARKETPLACE and AWS_ENV, which only the library reads.",
        ) from None
    # Set again because the constructor prefers SP_API_DEFAULT_MARKETPLACE to its argument.
    client.endpoint, client.marketplace_id, client.region = credentials.endpoint, "", region
    client._transport = transport
    return client


def _code_only() -> tuple[Any, ...]:
    from sp_api.base.credential_provider import FromCodeCredentialProvider

    return (FromCodeCredentialProvider,)


@lru_cache(maxsize=1)
def _reports_class() -> Any:
    """Built on first use: importing the library is slow and must not happen when a DAG file is parsed."""
    from sp_api.asyncio.base import Client

    class Reports(Client):  # type: ignore[misc]
        async def create_report(self, **body: Any) -> Any:
            return await self._request(_REPORTS, data={**body, "method": "POST"})

        async def get_reports(self, **query: Any) -> Any:
            return await self._request(_REPORTS, params={**_joined(query), "method": "GET"})

        async def get_report(self, report_id: str) -> Any:
            return await self._request(_below(_REPORTS, report_id), params={"method": "GET"})

        async def cancel_report(self, report_id: str) -> Any:
            return await self._request(_below(_REPORTS, report_id), data={"method": "DELETE"})

        async def get_report_document(self, document_id: str) -> Any:
            return await self._request(_below(_DOCUMENTS, document_id), params={"method": "GET"})

        async def _get_headers(self, access_token: str | None = None) -> dict[str, str]:
            """Leave out Host and token: the transport sets both, so the library's debug log shows neither."""
            return {"user-agent": f"sellerops {self.user_agent}", "content-type": "application/json"}

        async def _request(self, path: str, **options: Any) -> Any:
            """Leave out the marketplace fields, which the library adds to every call and Amazon's model does
            not have.
            """
            return await super()._request(path, **{**options, "add_marketplace": False})

    # A full garbage collection stops every thread while it visits all objects, by now mostly modules that
    # stay loaded: 100 ms and more in a triggerer. Frozen objects are skipped; freezing itself costs nothing.
    gc.freeze()
    return Reports


def _below(path: str, name: str) -> str:
    return f"{path}/{quote(str(name), safe='')}"


def _joined(query: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as Amazon expects them in a query: one value, separated by commas."""
    return {key: ",".join(value) if isinstance(value, list) else value for key, value in query.items()}
