"""Checks who can get into Airflow: passwords, keys, and TLS in front of the API server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sellerops.base.passwords import why_weak
from sellerops.doctor.finding import Finding, State

if TYPE_CHECKING:
    from sellerops.doctor.installation import Installation

NAME = "entrance"
_LOCAL = ("127.0.0.1", "localhost", "::1", "")
_SIMPLE = "SimpleAuthManager"
_SHORTEST_KEY = 32


def examine_entrance(installation: Installation) -> Iterator[Finding]:
    """Findings about who can get in. Reads only Airflow's settings and the password file."""
    from airflow.configuration import conf

    def setting(section: str, key: str) -> str:
        return str(conf.get(section, key, fallback="") or "")

    manager, base_url = setting("core", "auth_manager"), setting("api", "base_url")
    found = [*_keys(setting("core", "fernet_key"), setting("api_auth", "jwt_secret"))]
    if manager.endswith(_SIMPLE):
        all_admins = conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False)
        found += _simple(all_admins, _passwords(setting("core", "simple_auth_manager_passwords_file")))
    found += _address(base_url)
    name = manager.rpartition(".")[2] or "its auth manager"
    yield from found or [Finding(NAME, State.OK, f"{name} at {base_url or 'the default address'}.")]


def _keys(fernet_key: str, jwt_secret: str) -> Iterator[Finding]:
    if not fernet_key:
        yield Finding(
            NAME,
            State.FAILED,
            "Airflow has no Fernet key: it stores the passwords of connections unencrypted.",
            "Set AIRFLOW__CORE__FERNET_KEY for every component; docs/security.md#rotate explains how to "
            "encrypt what is already stored.",
        )
    if len(jwt_secret) < _SHORTEST_KEY:
        yield Finding(
            NAME,
            State.FAILED,
            f"Airflow's JWT secret has fewer than {_SHORTEST_KEY} characters: whoever guesses it can log in "
            "as anyone.",
            "Set AIRFLOW__API_AUTH__JWT_SECRET to random text, the same for every component.",
        )


def _simple(all_admins: bool, passwords: Mapping[str, str]) -> Iterator[Finding]:
    if all_admins:
        yield Finding(
            NAME,
            State.FAILED,
            "Anyone who can reach the API server is an administrator, without logging in.",
            "Set AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS to False.",
        )
    for user, password in passwords.items():
        if why := why_weak(user, password):
            yield Finding(
                NAME,
                State.FAILED,
                f"The password of user {user} {why}.",
                "Give the user another one in the simple auth manager's password file (with Docker: "
                "AIRFLOW_ADMIN_PASSWORD in .env, then `docker compose up airflow-init`).",
            )


def _passwords(path: str) -> dict[str, str]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return {str(user): str(password) for user, password in found.items()} if isinstance(found, dict) else {}


def _address(base_url: str) -> Iterator[Finding]:
    parts = urlsplit(base_url)
    if parts.scheme == "http" and (parts.hostname or "") not in _LOCAL:
        yield Finding(
            NAME,
            State.WARNING,
            f"Users reach Airflow at {base_url}, without TLS: passwords and figures can be read on the way.",
            "Put a proxy with TLS in front and set AIRFLOW__API__BASE_URL to its https address "
            "(docs/security.md#tls).",
        )


__all__ = ["NAME", "examine_entrance"]
