"""Reads an Airflow connection of type ``amazon_sp`` as the credentials of one seller account."""

from __future__ import annotations

from typing import Any

from sellerops.settings.accounts import Account
from sellerops_airflow.hooks.login_with_amazon import LoginWithAmazonHook


class AmazonSpHook(LoginWithAmazonHook):
    """The Selling Partner API.

    :param amazon_sp_conn_id: the connection that the account in ``config/accounts.yaml`` uses.
    :param account: the connection's account; by default the one in ``accounts.yaml`` that uses this
        connection.
    """

    conn_name_attr = "amazon_sp_conn_id"
    default_conn_name = "amazon_sp_default"
    conn_type = "amazon_sp"
    hook_name = "Amazon Selling Partner"
    source = "amazon_sp"

    def __init__(
        self, amazon_sp_conn_id: str = default_conn_name, *, account: Account | None = None, **kwargs: Any
    ) -> None:
        super().__init__(amazon_sp_conn_id, account=account, **kwargs)
        self.amazon_sp_conn_id = amazon_sp_conn_id
