"""The hook of each source, one line per source."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from sellerops.settings.accounts import Account
from sellerops_airflow.hooks.login_with_amazon import LoginWithAmazonHook

HOOKS = {
    "amazon_sp": "sellerops_airflow.hooks.amazon_sp:AmazonSpHook",
    "amazon_ads": "sellerops_airflow.hooks.amazon_ads:AmazonAdsHook",
}


def hook_of(source: str, account: Account) -> LoginWithAmazonHook:
    """The hook for an account's connection to a source."""
    module, _, name = HOOKS[source].partition(":")
    hook = getattr(import_module(module), name)(account.connection_of(source), account=account)
    return cast(LoginWithAmazonHook, hook)
