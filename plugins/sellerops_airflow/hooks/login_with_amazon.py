"""The base of connections to Amazon's APIs, all of which get their access tokens from Login with Amazon."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sellerops.base.errors import LoginRefused, SellerOpsError
from sellerops.settings.accounts import Account, load_accounts
from sellerops_airflow.hooks.missing import missing_connection

if TYPE_CHECKING:
    from sellerops.sources.common.lwa import Credentials


class LoginWithAmazonHook(BaseHook):
    """Login: LWA client id; password: LWA client secret; extra: ``refresh_token``; host: endpoint override.

    Extra ``document_hosts``: hosts that documents may be downloaded from, besides Amazon's and the
    endpoint's.

    :param conn_id: the connection.
    :param account: the connection's account; by default the one in ``accounts.yaml`` that uses this
        connection.
    """

    hook_name: str
    source: str

    def __init__(self, conn_id: str, *, account: Account | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id
        self.account = account

    def get_conn(self) -> Credentials:
        """The account's credentials, with their secrets masked in all logs.

        Raises LoginRefused, naming the connection, when it or a part of it is missing.
        """
        credentials = self._credentials()
        credentials.check()
        return credentials

    def test_connection(self) -> tuple[bool, str]:
        """Ask Login with Amazon for an access token: (success, message), as the UI's *Test* button shows it.

        The button tests a copy with another id, for which neither account nor region is known. The endpoint
        may therefore be missing; a login does not need it.
        """
        import asyncio

        account = self._account()
        try:
            credentials = self._credentials()
            credentials = replace(
                credentials,
                endpoint=credentials.endpoint or "by region",
                connection=self.conn_id if account else "",
            )
            credentials.check()
            asyncio.run(_ask_for_token(credentials))
        except SellerOpsError as error:
            return False, str(error)
        return True, (
            "Login with Amazon issued an access token: client id, client secret and refresh token match. "
            "Whether the application has a report's role shows only at the report's first request."
        )

    def _credentials(self) -> Credentials:
        """The connection's credentials, complete or not, with their secrets masked in all logs."""
        from sellerops.sources.common.document_hosts import parse_document_hosts
        from sellerops.sources.common.lwa import LWA_TOKEN_URL, Credentials

        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise missing_connection(self.conn_id, self._missing()) from error
        extra = connection.extra_dejson
        secret, refresh_token = connection.password or "", str(extra.get("refresh_token") or "")
        for each in (secret, refresh_token):
            if each:
                mask_secret(each)
        return Credentials(
            client_id=connection.login or "",
            client_secret=secret,
            refresh_token=refresh_token,
            endpoint=connection.host or self._endpoint(),
            token_url=extra.get("token_url") or LWA_TOKEN_URL,
            connection=self.conn_id,
            document_hosts=parse_document_hosts(extra.get("document_hosts")),
        )

    def _account(self) -> Account | None:
        return self.account or next(
            (item for item in load_accounts().values() if item.connection_of(self.source) == self.conn_id),
            None,
        )

    def _endpoint(self) -> str:
        from sellerops.sources.registry import source_of

        account = self._account()
        return source_of(self.source).endpoint(account) if account else ""

    def _missing(self) -> LoginRefused:
        return LoginRefused(
            "does not exist.",
            where=f"connection {self.conn_id}",
            remedy=f"Add it in Admin > Connections as {self.hook_name}, then clear the task.",
        )


async def _ask_for_token(credentials: Credentials) -> None:
    import httpx

    from sellerops.sources.common.lwa import TokenSource

    async with httpx.AsyncClient(timeout=20.0) as http:
        mask_secret(await TokenSource(credentials, http).fresh())
