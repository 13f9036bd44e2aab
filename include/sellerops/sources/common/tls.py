"""The certificates that calls and downloads trust."""

from __future__ import annotations

import ssl
from functools import cache

from sellerops.sources.common.http import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """One context for every connection, because reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context()
