"""Airflow connections as client credentials."""

from __future__ import annotations

from sellerops.cli.airflow import airflow_connection
from sellerops.notifications.queue import QueueSettings
from sellerops.settings.accounts import Account
from sellerops.sources.common.document_hosts import parse_document_hosts
from sellerops.sources.common.lwa import LWA_TOKEN_URL, Credentials
from sellerops.sources.registry import source_of

NOTIFICATIONS = "sellerops_notifications"


def credentials_of(account: Account, source: str = "amazon_sp") -> Credentials:
    """The account's credentials for a source.

    Raises ConfigurationError if the connection does not exist.
    """
    connection = account.connection_of(source)
    found = airflow_connection(connection)
    return Credentials(
        client_id=found.login,
        client_secret=found.password,
        refresh_token=str(found.extra.get("refresh_token") or ""),
        endpoint=found.host or source_of(source).endpoint(account),
        token_url=str(found.extra.get("token_url") or LWA_TOKEN_URL),
        connection=connection,
        document_hosts=parse_document_hosts(found.extra.get("document_hosts")),
    )


def queue_settings() -> QueueSettings:
    """Settings of the notification queue. Raises ConfigurationError if they are missing or invalid."""
    found = airflow_connection(NOTIFICATIONS)
    settings = QueueSettings.of_connection(found.login, found.password, found.host, found.extra)
    settings.check()
    return settings
