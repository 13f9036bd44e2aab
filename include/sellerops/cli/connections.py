"""Airflow connections as the command line finds them: in the environment, else through Airflow's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sellerops.accounts import Account
from sellerops.errors import ConfigurationError
from sellerops.notifications.queue import QueueSettings
from sellerops.sources.common.document_hosts import listed_hosts
from sellerops.sources.common.lwa import LWA_TOKEN_URL, Credentials
from sellerops.sources.registry import source_of

NOTIFICATIONS = "sellerops_notifications"
_AIRFLOW_SECONDS = 120


@dataclass(frozen=True)
class Fields:
    """What a connection holds; nothing of it shows in text."""

    login: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    host: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


def credentials_of(account: Account, source: str = "amazon_sp") -> Credentials:
    """The account's credentials for a source. Raises ConfigurationError when there is no such connection."""
    connection = account.connection_of(source)
    found = airflow_connection(connection)
    return Credentials(
        client_id=found.login,
        client_secret=found.password,
        refresh_token=str(found.extra.get("refresh_token") or ""),
        endpoint=found.host or source_of(source).endpoint(account),
        token_url=str(found.extra.get("token_url") or LWA_TOKEN_URL),
        connection=connection,
        document_hosts=listed_hosts(found.extra.get("document_hosts")),
    )


def queue_settings() -> QueueSettings:
    """Where notifications are read. Raises ConfigurationError when there is no such connection."""
    found = airflow_connection(NOTIFICATIONS)
    settings = QueueSettings.of_connection(found.login, found.password, found.host, found.extra)
    settings.check()
    return settings


def airflow_connection(conn_id: str) -> Fields:
    """A connection: ``AIRFLOW_CONN_...``, else as ``airflow connections get`` tells it."""
    text = os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")
    if text:
        return _of_json(json.loads(text)) if text.lstrip().startswith("{") else _of_uri(text)
    return _of_json(_told_by_airflow(conn_id))


def _of_json(values: Mapping[str, Any]) -> Fields:
    extra = values.get("extra_dejson") or values.get("extra") or {}
    extra = json.loads(extra) if isinstance(extra, str) else extra
    return Fields(
        str(values.get("login") or ""),
        str(values.get("password") or ""),
        str(values.get("host") or ""),
        extra,
    )


def _of_uri(uri: str) -> Fields:
    parts = urlsplit(uri)
    extra = dict(parse_qsl(parts.query))
    extra = json.loads(extra["__extra__"]) if "__extra__" in extra else extra
    return Fields(
        unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.hostname or ""), extra
    )


def _told_by_airflow(conn_id: str) -> Mapping[str, Any]:
    """In a process of its own: this package runs without Airflow. Its answer holds secrets."""
    command = [sys.executable, "-m", "airflow", "connections", "get", conn_id, "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_AIRFLOW_SECONDS, check=False)
        found = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        found = None
    if not found:
        raise ConfigurationError(
            "is neither in the environment nor known to Airflow.",
            where=f"connection {conn_id}",
            remedy=f"Set AIRFLOW_CONN_{conn_id.upper()}, or run this where "
            f"`airflow connections get {conn_id}` works.",
        )
    return dict(found[0] if isinstance(found, list) else found)
