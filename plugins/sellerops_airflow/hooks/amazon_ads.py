"""Reads an Airflow connection of type ``amazon_ads`` as the credentials of one advertising account."""

from __future__ import annotations

from typing import Any

from sellerops.settings.accounts import Account
from sellerops_airflow.hooks.login_with_amazon import LoginWithAmazonHook


class AmazonAdsHook(LoginWithAmazonHook):
    """Amazon Ads. Its client id, secret and refresh token differ from those of the Selling Partner API.

    :param amazon_ads_conn_id: the connection, ``amazon_ads_<account>``.
    :param account: the connection's account; by default the one in ``accounts.yaml`` that uses this
        connection.
    """

    conn_name_attr = "amazon_ads_conn_id"
    default_conn_name = "amazon_ads_default"
    conn_type = "amazon_ads"
    hook_name = "Amazon Ads"
    source = "amazon_ads"

    def __init__(
        self, amazon_ads_conn_id: str = default_conn_name, *, account: Account | None = None, **kwargs: Any
    ) -> None:
        super().__init__(amazon_ads_conn_id, account=account, **kwargs)
        self.amazon_ads_conn_id = amazon_ads_conn_id
