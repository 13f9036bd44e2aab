"""The connection of a login for web pages: user, password and one-time password secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sellerops.base.errors import LoginRefused, SellerOpsError
from sellerops_airflow.hooks.missing import missing_connection

if TYPE_CHECKING:
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.ledger import Ledger
    from sellerops.settings.accounts import Account
    from sellerops.settings.logins import Login
    from sellerops.sources.seller_portal.client import SellerPortalClient
    from sellerops.sources.seller_portal.credentials import PortalCredentials


class SellerPortalHook(BaseHook):
    """Login: e-mail address; password; host: overrides the site's address, for example for a local Amazon.

    Extra: ``totp_secret``, the key (base32) that an authenticator app is set up with.

    :param conn_id: the connection, ``seller_portal_<login>``.
    """

    conn_name_attr = "conn_id"
    default_conn_name = "seller_portal_default"
    conn_type = "seller_portal"
    hook_name = "Seller portal"

    def __init__(self, conn_id: str = default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.conn_id = conn_id

    def get_conn(self) -> PortalCredentials:
        """The login's credentials, with their secrets masked in all logs.

        Raises LoginRefused, naming the connection, when it or a part of it is missing or unusable.
        """
        credentials = self._credentials()
        credentials.check()
        return credentials

    def client(
        self, account: Account, login: Login, ledger: Ledger, evidence: EvidenceStore
    ) -> SellerPortalClient:
        """The login's pages for one account. Raises LoginRefused as ``get_conn`` does."""
        from sellerops.settings.logins import load_logins
        from sellerops.sources.seller_portal.client import SellerPortalClient

        credentials, mark = self.get_conn(), load_logins().user_agent_mark
        return SellerPortalClient(
            account,
            login,
            credentials,
            ledger,
            evidence=evidence,
            user_agent_mark=mark,
            may_go_on=lambda: load_logins().refuse_if_off(),
        )

    def test_connection(self) -> tuple[bool, str]:
        """Check the fields: (success, message), as the UI's *Test* button shows it.

        No browser is opened: the button runs in the API server, and the site would count a wrong password.
        """
        try:
            credentials = self._credentials()
            credentials.check()
            if not credentials.totp_secret:
                return True, (
                    "User and password are set, without a one-time password secret: if the site asks for a "
                    "code, a person has to sign in."
                )
            mask_secret(credentials.code_at(datetime.now(UTC)))
        except SellerOpsError as error:
            return False, str(error)
        return True, (
            "User and password are set, and the secret is valid. Whether the site accepts them shows when a "
            "browser signs in."
        )

    def _credentials(self) -> PortalCredentials:
        """The connection's credentials, complete or not, with their secrets masked in all logs."""
        from sellerops.sources.seller_portal.credentials import PortalCredentials

        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            missing = LoginRefused(
                "does not exist.",
                where=f"connection {self.conn_id}",
                remedy=f"Add it in Admin > Connections as {self.hook_name}, then clear the task.",
            )
            raise missing_connection(self.conn_id, missing) from error
        credentials = PortalCredentials(
            user=(connection.login or "").strip(),
            password=connection.password or "",
            totp_secret=str(connection.extra_dejson.get("totp_secret") or "").strip(),
            base=_address(connection.host or "", connection.schema or "", connection.port),
            connection=self.conn_id,
        )
        for secret in (credentials.password, credentials.totp_secret):
            if secret:
                mask_secret(secret)
        return credentials


def _address(host: str, schema: str, port: int | None) -> str:
    """The host as a base address; empty without one. A path, such as that of a local ads console, is kept."""
    host = host.strip().rstrip("/")
    if not host:
        return ""
    if "://" in host:
        return host
    return f"{schema or 'https'}://{host}" + (f":{port}" if port else "")
