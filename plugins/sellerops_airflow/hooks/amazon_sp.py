"""An Airflow connection of type ``amazon_sp`` as the credentials of one seller account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sellerops.accounts import Account, load_accounts
from sellerops.errors import CredentialsError, SellerOpsError
from sellerops.marketplaces import region_endpoint

if TYPE_CHECKING:
    from sellerops.sources.common.lwa import Credentials


class AmazonSpHook(BaseHook):
    """Login: LWA client id; password: LWA client secret; extra: ``refresh_token``; host: endpoint override.

    :param amazon_sp_conn_id: the connection, as named by the account in ``config/accounts.yaml``.
    :param account: the account it belongs to; else the one of ``accounts.yaml`` that names this connection.
    """

    conn_name_attr = "amazon_sp_conn_id"
    default_conn_name = "amazon_sp_default"
    conn_type = "amazon_sp"
    hook_name = "Amazon Selling Partner"

    def __init__(
        self, amazon_sp_conn_id: str = default_conn_name, *, account: Account | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.amazon_sp_conn_id = amazon_sp_conn_id
        self.account = account

    def get_conn(self) -> Credentials:
        """The account's credentials; the secret parts are masked in all logs from here on.

        Raises CredentialsError naming the connection when it or a part of it is missing.
        """
        from sellerops.sources.common.lwa import LWA_TOKEN_URL, Credentials

        try:
            connection = self.get_connection(self.amazon_sp_conn_id)
        except AirflowNotFoundException as error:
            raise self._missing() from error
        extra = connection.extra_dejson
        secret, refresh_token = connection.password or "", str(extra.get("refresh_token") or "")
        for each in (secret, refresh_token):
            if each:
                mask_secret(each)
        credentials = Credentials(
            client_id=connection.login or "",
            client_secret=secret,
            refresh_token=refresh_token,
            endpoint=connection.host or self._endpoint(),
            token_url=extra.get("token_url") or LWA_TOKEN_URL,
            connection=self.amazon_sp_conn_id,
        )
        credentials.check()
        return credentials

    def test_connection(self) -> tuple[bool, str]:
        """Ask Login with Amazon for an access token; what the button in the UI shows."""
        import asyncio

        try:
            asyncio.run(_ask_for_token(self.get_conn()))
        except SellerOpsError as error:
            return False, str(error)
        return True, "Login with Amazon gave an access token."

    def _endpoint(self) -> str:
        account = self.account or next(
            (item for item in load_accounts().values() if item.connection == self.amazon_sp_conn_id), None
        )
        return region_endpoint(account.region) if account else ""

    def _missing(self) -> CredentialsError:
        return CredentialsError(
            "does not exist.",
            where=f"connection {self.amazon_sp_conn_id}",
            remedy=f"Add it in Admin > Connections as {self.hook_name}, then clear the task.",
        )


async def _ask_for_token(credentials: Credentials) -> None:
    import httpx

    from sellerops.sources.common.lwa import TokenSource

    async with httpx.AsyncClient(timeout=20.0) as http:
        mask_secret(await TokenSource(credentials, http).get())
