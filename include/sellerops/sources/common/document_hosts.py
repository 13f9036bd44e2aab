"""Which addresses a document may be downloaded from: Amazon's own, and those an account's connection names.

The address comes from Amazon's answer; unchecked, we would fetch any address from inside our network.
Documents of Reports, Data Kiosk and Ads have presigned S3 addresses; the models of the Reports and Data Kiosk
APIs also show one CloudFront host.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sellerops.base.errors import UnexpectedAnswer
from sellerops.sources.common.http import httpx

AMAZON_SUFFIXES = (".amazonaws.com",)
AMAZON_HOSTS = frozenset({"d34o8swod1owfl.cloudfront.net"})
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_NEVER = re.compile(r"[\s\\\x00-\x1f\x7f]")


def check_address(url: str, origins: Collection[str], *, where: str) -> None:
    """Raise UnexpectedAnswer unless ``url`` is https at one of Amazon's hosts, or at one of ``origins``.

    :param origins: each ``scheme://host[:port]``, as ``origin_of`` writes it.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise UnexpectedAnswer("the document's address is not a valid URL.", where=where) from None
    if _NEVER.search(url) or parsed.userinfo or not _HOST.fullmatch(parsed.host):
        raise UnexpectedAnswer("the document's address has a form that Amazon does not use.", where=where)
    if _origin(parsed) in origins:
        return
    is_amazons = parsed.host in AMAZON_HOSTS or parsed.host.endswith(AMAZON_SUFFIXES)
    if parsed.scheme != "https" or parsed.port not in (None, 443) or not is_amazons:
        raise UnexpectedAnswer(
            f"the document's address is on {_origin(parsed)}, which is not an Amazon host.",
            where=where,
            remedy="If you trust this host, add it to `document_hosts` in the account's Airflow connection "
            f"(for example {_origin(parsed)}), then clear the task.",
            origin=_origin(parsed),
        )


def origin_of(address: str) -> str | None:
    """``scheme://host[:port]`` of an address, https if it names no scheme; None if it is not an address."""
    text = address.strip()
    try:
        parsed = httpx.URL(text if "://" in text else f"https://{text}")
    except httpx.InvalidURL:
        return None
    return _origin(parsed) if parsed.host and parsed.scheme in ("http", "https") else None


def parse_document_hosts(value: object) -> tuple[str, ...]:
    """A connection's extra field ``document_hosts``: a list, or text separated by commas or spaces."""
    entries = value if isinstance(value, list) else re.split(r"[,\s]+", str(value or ""))
    return tuple(str(entry).strip() for entry in entries if str(entry).strip())


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'backslashreplace')}"
