"""The connection types of this project and their forms in the UI, found by the dist-info folder beside us."""

from __future__ import annotations

from typing import Any

_NOTIFICATIONS: dict[str, Any] = {
    "hook-class-name": "sellerops_airflow.hooks.notifications.NotificationsHook",
    "hook-name": "Amazon notifications (SQS)",
    "connection-type": "sellerops_notifications",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {
            "login": "AWS access key id",
            "password": "AWS secret access key",
            "host": "SQS address (empty: AWS)",
        },
        "placeholders": {
            "login": "AKIA...",
            "queue_url": "https://sqs.us-east-1.amazonaws.com/123456789012/name",
        },
    },
    "conn-fields": {
        "queue_url": {
            "label": "Queue address",
            "schema": {"type": ["string", "null"]},
            "description": "URL of a standard SQS queue that Amazon may send to.",
        },
        "region": {
            "label": "AWS region",
            "schema": {"type": ["string", "null"]},
            "description": "Optional: the queue's address tells it.",
        },
        "session_token": {
            "label": "Session token",
            "schema": {"type": ["string", "null"], "format": "password"},
            "description": "Optional; for temporary keys.",
        },
    },
}

_DOCUMENT_HOSTS = {
    "label": "Further document hosts",
    "schema": {"type": ["string", "null"]},
    "description": "Optional. Addresses, separated by commas, that documents may come from beside Amazon's.",
}
_ADS: dict[str, Any] = {
    "hook-class-name": "sellerops_airflow.hooks.amazon_ads.AmazonAdsHook",
    "hook-name": "Amazon Ads",
    "connection-type": "amazon_ads",
    "ui-field-behaviour": {
        "hidden-fields": ["port", "schema", "extra"],
        "relabeling": {
            "login": "LWA client id",
            "password": "LWA client secret",
            "host": "Endpoint (empty: by region)",
        },
        "placeholders": {
            "login": "amzn1.application-oa2-client...",
            "host": "https://advertising-api.amazon.com",
            "token_url": "https://api.amazon.com/auth/o2/token",
        },
    },
    "conn-fields": {
        "refresh_token": {
            "label": "Refresh token",
            "schema": {"type": ["string", "null"], "format": "password"},
            "description": "Of scope advertising::campaign_management; not the Selling Partner API's.",
        },
        "token_url": {
            "label": "Token address",
            "schema": {"type": ["string", "null"]},
            "description": "Optional. Where access tokens come from; for a local Amazon.",
        },
        "document_hosts": _DOCUMENT_HOSTS,
    },
}


def get_provider_info() -> dict[str, Any]:
    """Airflow's description of a provider (``airflow/provider_info.schema.json``)."""
    return {
        "package-name": "sellerops-airflow",
        "name": "Amazon Selling Partner",
        "description": "Seller reports of Amazon's Selling Partner API.",
        "versions": ["1.0.0"],
        "connection-types": [
            {
                "hook-class-name": "sellerops_airflow.hooks.amazon_sp.AmazonSpHook",
                "hook-name": "Amazon Selling Partner",
                "connection-type": "amazon_sp",
                "ui-field-behaviour": {
                    "hidden-fields": ["port", "schema", "extra"],
                    "relabeling": {
                        "login": "LWA client id",
                        "password": "LWA client secret",
                        "host": "Endpoint (empty: by region)",
                    },
                    "placeholders": {
                        "login": "amzn1.application-oa2-client...",
                        "host": "https://sellingpartnerapi-na.amazon.com",
                        "token_url": "https://api.amazon.com/auth/o2/token",
                    },
                },
                "conn-fields": {
                    "refresh_token": {
                        "label": "Refresh token",
                        "schema": {"type": ["string", "null"], "format": "password"},
                        "description": "From Seller Central, when the application is authorised (Atzr|...).",
                    },
                    "token_url": {
                        "label": "Token address",
                        "schema": {"type": ["string", "null"]},
                        "description": "Optional. Where access tokens come from; for a local Amazon.",
                    },
                    "document_hosts": _DOCUMENT_HOSTS,
                },
            },
            _ADS,
            _NOTIFICATIONS,
        ],
    }
