"""The address and credentials of S3, passed in by code that can read connection ``sellerops_storage``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sellerops.base.errors import ConfigurationError
from sellerops.base.timed_cache import TimedCache

CONNECTION = "sellerops_storage"
# How long a process uses credentials before it fetches them again.
_KEEP_SECONDS = 60.0


@dataclass(frozen=True)
class S3Settings:
    """The credentials and address of S3.

    Empty fields are looked up as Amazon's tools do: in the environment, shared files and the machine's role.

    :param endpoint_url: address of another S3 (MinIO, R2, Ceph); empty for Amazon's.
    """

    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    region: str = ""
    endpoint_url: str = ""

    @classmethod
    def of_connection(cls, login: str, password: str, host: str, extra: Mapping[str, Any]) -> S3Settings:
        """The settings in a connection's fields.

        Raises ConfigurationError if only one half of the key is given, or the address has no scheme.
        """
        token = str(extra.get("session_token") or "")
        found = cls(login, password, token, str(extra.get("region") or ""), host)
        if bool(login) != bool(password):
            raise ConfigurationError(
                "has only one of access key id and secret access key.",
                where=f"connection {CONNECTION}",
                remedy="Fill in both, or neither to use the machine's role.",
            )
        if host and not host.startswith(("https://", "http://")):
            raise ConfigurationError(
                f"has the invalid address {host!r}.",
                where=f"connection {CONNECTION}",
                remedy="Write it with its scheme, such as https://minio.example.com:9000.",
            )
        return found


_source: Callable[[], S3Settings] = S3Settings
_known = TimedCache(_KEEP_SECONDS)


def use_s3_settings(source: Callable[[], S3Settings]) -> None:
    """Get the settings from ``source`` when first needed, then at most once a minute. Default: empty ones."""
    global _source
    _source = source
    _known.forget(CONNECTION)


def current_s3_settings() -> S3Settings:
    """The settings of this process. Raises whatever the source raises."""
    return _known.get(CONNECTION, _source)
