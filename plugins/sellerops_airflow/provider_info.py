"""The connection types of this project and their forms in the UI, found by the dist-info folder beside us.

The UI opens only the standard fields of a form (Airflow 3.3). A field without ``null`` among its types has to
be filled in: its section is marked until it is, and the form cannot be saved before. So sections are named
after what stands in them, and a secret has one of its own.
"""

from __future__ import annotations

from typing import Any

from sellerops import __version__

_LOGIN = "Refresh token"
_ADDRESSES = "Other addresses"
_HIDDEN = ["port", "schema", "extra"]


def _text(label: str, description: str, section: str, **schema: Any) -> dict[str, Any]:
    """A field that may stay empty."""
    return _field(label, description, section, type=["string", "null"], **schema)


def _field(label: str, description: str, section: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"section": section, **schema}}


def _login_with_amazon(kind: str, name: str, hook: str, host: str, where_from: str) -> dict[str, Any]:
    """A type whose access tokens Login with Amazon gives; its form."""
    return {
        "hook-class-name": f"sellerops_airflow.hooks.{hook}",
        "hook-name": name,
        "connection-type": kind,
        "ui-field-behaviour": {
            "hidden-fields": _HIDDEN,
            "relabeling": {
                "login": "LWA client id",
                "password": "LWA client secret",
                "host": "Endpoint (empty: by region)",
            },
            "placeholders": {
                "login": "amzn1.application-oa2-client...",
                "password": "amzn1.oa2-cs.v1...",
                "host": host,
            },
        },
        "conn-fields": {
            "refresh_token": _field(
                "Refresh token", where_from, _LOGIN, type="string", format="password", minLength=1
            ),
            "token_url": _text(
                "Token address",
                "Optional. Where access tokens come from, if not from "
                "https://api.amazon.com/auth/o2/token; for a local Amazon.",
                _ADDRESSES,
            ),
            "document_hosts": _text(
                "Further document hosts",
                "Optional. Addresses, separated by commas, that documents may come from beside Amazon's.",
                _ADDRESSES,
            ),
        },
    }


def _token_only(kind: str, name: str, hook: str, token: str, host: str) -> dict[str, Any]:
    """A channel's type: a token, and for a stand-in another address."""
    return {
        "hook-class-name": f"sellerops_airflow.hooks.channels.{hook}",
        "hook-name": name,
        "connection-type": kind,
        "ui-field-behaviour": {
            "hidden-fields": ["login", *_HIDDEN],
            "relabeling": {"password": "Token", "host": f"Address (empty: {name}'s)"},
            "placeholders": {"password": token, "host": host},
        },
    }


_NOTIFICATIONS: dict[str, Any] = {
    "hook-class-name": "sellerops_airflow.hooks.notifications.NotificationsHook",
    "hook-name": "Amazon notifications (SQS)",
    "connection-type": "sellerops_notifications",
    "ui-field-behaviour": {
        "hidden-fields": _HIDDEN,
        "relabeling": {
            "login": "AWS access key id",
            "password": "AWS secret access key",
            "host": "SQS address (empty: AWS)",
        },
        "placeholders": {"login": "AKIA... (empty: the machine's role)"},
    },
    "conn-fields": {
        "queue_url": _field(
            "Queue address",
            "URL of a standard SQS queue that Amazon may send to, as "
            "https://sqs.us-east-1.amazonaws.com/123456789012/name.",
            "Queue",
            type="string",
            minLength=1,
        ),
        "region": _text("AWS region", "Optional: the queue's address tells it.", "Queue"),
        "session_token": _text(
            "Session token", "Optional; for temporary keys.", "Session token", format="password"
        ),
    },
}

_TYPES = [
    _login_with_amazon(
        "amazon_sp",
        "Amazon Selling Partner",
        "amazon_sp.AmazonSpHook",
        "https://sellingpartnerapi-na.amazon.com",
        "From Seller Central, when the application is authorised for the account (Atzr|...).",
    ),
    _login_with_amazon(
        "amazon_ads",
        "Amazon Ads",
        "amazon_ads.AmazonAdsHook",
        "https://advertising-api.amazon.com",
        "Of scope advertising::campaign_management (Atzr|...); not the Selling Partner API's.",
    ),
    _NOTIFICATIONS,
    _token_only("sellerops_clickup", "ClickUp", "ClickUpHook", "pk_...", "https://api.clickup.com"),
    _token_only(
        "sellerops_telegram", "Telegram", "TelegramHook", "7000000001:AA...", "https://api.telegram.org"
    ),
]


def get_provider_info() -> dict[str, Any]:
    """Airflow's description of a provider (``airflow/provider_info.schema.json``)."""
    return {
        "package-name": "sellerops-airflow",
        "name": "Amazon Selling Partner",
        "description": "Seller reports of Amazon's Selling Partner API.",
        "versions": [__version__],
        "connection-types": _TYPES,
    }
