"""This project's connection types and their forms in the UI. Airflow finds them through the dist-info folder.

Airflow 3.3 expands only the standard fields of a form. A field whose types do not include ``null`` is
required: its section is marked, and the form cannot be saved until it is filled in. Sections are therefore
named after their content, and required secrets have their own.
"""

from __future__ import annotations

from typing import Any

from sellerops import __version__

_LOGIN = "Refresh token"
_ADDRESSES = "Other addresses"
_HIDDEN = ["port", "schema", "extra"]


def _text(label: str, description: str, section: str, **schema: Any) -> dict[str, Any]:
    """An optional field."""
    return _field(label, description, section, type=["string", "null"], **schema)


def _field(label: str, description: str, section: str, **schema: Any) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"section": section, **schema}}


def _login_with_amazon(kind: str, name: str, hook: str, host: str, where_from: str) -> dict[str, Any]:
    """A connection type that gets its access tokens from Login with Amazon."""
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
                "Optional. Overrides https://api.amazon.com/auth/o2/token, for example for a local Amazon.",
                _ADDRESSES,
            ),
            "document_hosts": _text(
                "Further document hosts",
                "Optional. Comma-separated addresses, besides Amazon's, that documents may come from.",
                _ADDRESSES,
            ),
        },
    }


def _token_only(kind: str, name: str, hook: str, token: str, host: str) -> dict[str, Any]:
    """A channel's connection type: a token, and an optional address for a stand-in."""
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
            "URL of a standard SQS queue that Amazon may send to, for example "
            "https://sqs.us-east-1.amazonaws.com/123456789012/name.",
            "Queue",
            type="string",
            minLength=1,
        ),
        "region": _text("AWS region", "Optional. By default the region in the queue's address.", "Queue"),
        "session_token": _text(
            "Session token", "Optional. For temporary keys.", "Session token", format="password"
        ),
    },
}

_STORAGE: dict[str, Any] = {
    "hook-class-name": "sellerops_airflow.hooks.object_storage.ObjectStorageHook",
    "hook-name": "Object storage (S3)",
    "connection-type": "sellerops_storage",
    "ui-field-behaviour": {
        "hidden-fields": _HIDDEN,
        "relabeling": {
            "login": "Access key id",
            "password": "Secret access key",
            "host": "S3 address (empty: Amazon's)",
        },
        "placeholders": {
            "login": "AKIA... (empty: the machine's role)",
            "host": "https://minio.example.com:9000",
        },
    },
    "conn-fields": {
        "region": _text("Region", "Optional. The region of the buckets, for example eu-central-1.", "Region"),
        "session_token": _text(
            "Session token", "Optional. For temporary keys.", "Session token", format="password"
        ),
    },
}

_SELLER_PORTAL: dict[str, Any] = {
    "hook-class-name": "sellerops_airflow.hooks.seller_portal.SellerPortalHook",
    "hook-name": "Seller portal",
    "connection-type": "seller_portal",
    "ui-field-behaviour": {
        "hidden-fields": _HIDDEN,
        "relabeling": {"login": "E-mail address", "host": "Address (empty: by site and region)"},
        "placeholders": {"login": "reports@example.com", "host": "https://sellercentral.amazon.com"},
    },
    "conn-fields": {
        "totp_secret": _text(
            "One-time password secret (base32)",
            "The key that the site shows beside the QR code when you add an authenticator app (A-Z and 2-7). "
            "Leave it empty only if the user has no two-step verification.",
            "One-time password",
            format="password",
        ),
    },
}

_TYPES = [
    _login_with_amazon(
        "amazon_sp",
        "Amazon Selling Partner",
        "amazon_sp.AmazonSpHook",
        "https://sellingpartnerapi-na.amazon.com",
        "Seller Central shows it when you authorise the application for the account (Atzr|...).",
    ),
    _login_with_amazon(
        "amazon_ads",
        "Amazon Ads",
        "amazon_ads.AmazonAdsHook",
        "https://advertising-api.amazon.com",
        "With scope advertising::campaign_management (Atzr|...); not the Selling Partner API's token.",
    ),
    _SELLER_PORTAL,
    _NOTIFICATIONS,
    _STORAGE,
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
