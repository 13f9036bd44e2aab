"""Calls Chromium's DevTools address (``http://host:port``) without Playwright.

Chromium answers only to Host headers that are an IP address or localhost, so a host name is resolved first.
"""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_S = 3.0
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain")


@dataclass(frozen=True)
class BrowserVersion:
    """A running browser. ``run_id`` changes each time it starts."""

    product: str
    user_agent: str
    run_id: str


@dataclass(frozen=True)
class Tab:
    """An open page. ``id``: Chromium's target id."""

    id: str
    url: str
    title: str


def read_version(address: str) -> BrowserVersion | None:
    """The browser at an ``http://`` address; None if none answers."""
    try:
        found = _get(address, "/json/version")
        return BrowserVersion(
            found["Browser"], found["User-Agent"], str(found["webSocketDebuggerUrl"]).rsplit("/", 1)[-1]
        )
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None


def list_tabs(address: str) -> list[Tab]:
    """The open pages; none if the browser does not answer."""
    try:
        found = _get(address, "/json/list")
    except (OSError, http.client.HTTPException, ValueError):
        return []
    return [Tab(each["id"], each["url"], each["title"]) for each in found if each.get("type") == "page"]


def open_tab(address: str, url: str) -> bool:
    """Open a page; returns whether the browser answered."""
    try:
        _request(address, f"/json/new?{url}", "PUT")
    except (OSError, http.client.HTTPException):
        return False
    return True


def close_tab(address: str, tab_id: str) -> bool:
    """Close a page, even one whose script never ends; returns whether the browser answered."""
    try:
        _request(address, f"/json/close/{tab_id}")
    except (OSError, http.client.HTTPException):
        return False
    return True


def numeric_address(address: str) -> str:
    """The address with its host name resolved to an IP. Raises OSError for an unknown host."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or 80
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ip = sorted(found, key=lambda each: each[0] != socket.AF_INET)[0][4][0]
    shown = f"[{ip}]" if ":" in str(ip) else ip
    return f"{parts.scheme}://{shown}:{port}"


def is_loopback(address: str) -> bool:
    """Whether an address is a loopback address, in this machine's own network namespace."""
    host = urlsplit(address).hostname or ""
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _get(address: str, path: str) -> Any:
    return json.loads(_request(address, path))


def _request(address: str, path: str, method: str = "GET") -> bytes:
    parts = urlsplit(numeric_address(address))
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise http.client.HTTPException(f"{path}: {response.status}")
    return body
