"""python-amazon-sp-api's client on our transport: it builds paths, queries and bodies, we send them.

Its Reports class is not used, for importing that imports the classes of all APIs; the calls are few.
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
class _Shop:
    """What the library reads of its ``marketplace`` argument."""

    endpoint: str
    marketplace_id: str
    region: str


def library_client(credentials: Credentials, region: str, transport: object, tls: ssl.SSLContext) -> Any:
    """The library's client with the calls of the Reports API, deaf to the environment."""
    shop = _Shop(credentials.endpoint, "", region)
    try:
        client = _reports_class()(
            marketplace=shop,
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
            f"python-amazon-sp-api cannot be set up: {error}.",
            where="environment of this process",
            remedy="Unset SP_API_DEFAULT_MARKETPLACE and AWS_ENV: the library reads them, we do not.",
        ) from None
    # Again after construction: the constructor lets SP_API_DEFAULT_MARKETPLACE win over its argument.
    client.endpoint, client.marketplace_id, client.region = shop.endpoint, shop.marketplace_id, shop.region
    client._transport = transport
    return client


def _code_only() -> tuple[Any, ...]:
    from sp_api.base.credential_provider import FromCodeCredentialProvider

    return (FromCodeCredentialProvider,)


@lru_cache(maxsize=1)
def _reports_class() -> Any:
    """Built on first use: importing the library takes a while and must not happen with a DAG file."""
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
            """Without Host and token: the transport sets both, and the library's debug log then shows
            neither.
            """
            return {"user-agent": f"sellerops {self.user_agent}", "content-type": "application/json"}

        async def _request(self, path: str, **options: Any) -> Any:
            """Without the marketplace fields the library adds to every call; Amazon's model knows none of
            them.
            """
            return await super()._request(path, **{**options, "add_marketplace": False})

    # Full garbage collections stop every thread and walk all objects, by now mostly modules that stay:
    # 100 ms and more in a triggerer. Frozen objects are left out of the walk; freezing itself costs nothing.
    gc.freeze()
    return Reports


def _below(path: str, name: str) -> str:
    return f"{path}/{quote(str(name), safe='')}"


def _joined(query: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as Amazon's queries have them: one value, parted by commas."""
    return {key: ",".join(value) if isinstance(value, list) else value for key, value in query.items()}
