"""Keeps credentials and unstorable characters out of whatever is kept or told of an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAMES = (
    r"client_secret|refresh_token|access_token|restrictedDataToken|password|passwd|authorization|bearer"
    r"|x-amz-access-token|x-amz-security-token|x-amz-credential|x-amz-signature|signature|awsaccesskeyid"
)
_SECRETS = (
    re.compile(r"Atz[a-z]\|[^\s\"'&,;<>}]+"),
    re.compile(r"amzn1\.oa2-cs\.[\w.\-]+"),
    re.compile(
        rf"(?i)(?<=\b)(?P<name>{_NAMES})(?P<mark>\\?[\"']?\s*[=:]\s*\\?[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"'&,;<>}}\\]+"
    ),
    re.compile(r"(?i)(?P<name>bearer)(?P<mark>\s+)[\w\-.|~+/=]{8,}"),
    re.compile(r"(?P<name>://[^/\s:@]*)(?P<mark>:)[^/\s@]+(?=@)"),
)
MASK = "***"


def redact(text: str) -> str:
    """``text`` without tokens, secrets, signatures of presigned addresses and passwords in URLs."""
    for pattern in _SECRETS:
        text = pattern.sub(_masked, text)
    return storable(text)


def _masked(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return f"{groups['name']}{groups['mark']}{MASK}" if groups else MASK


def storable(text: str) -> str:
    r"""``text`` as Postgres can hold it: NUL and lone surrogates become escapes (``\x00``, ``\udcff``)."""
    return text.replace("\x00", r"\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def redact_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with every text in it, however deep, redacted; values under a secret's name are masked."""
    return {
        storable(str(key)): MASK if re.fullmatch(_NAMES, str(key), re.IGNORECASE) else _redact_any(value)
        for key, value in values.items()
    }


def _redact_any(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return redact_values(value)
    if isinstance(value, (list, tuple)):
        return [_redact_any(item) for item in value]
    return value


def error_fields(error: BaseException | None) -> tuple[str | None, str | None, str | None]:
    """(type name, redacted text, remedy) of an error, each None without one."""
    if error is None:
        return None, None, None
    remedy = getattr(error, "remedy", None)
    cause = getattr(error, "cause", None) or str(error) or type(error).__name__
    where = getattr(error, "where", "")
    text = f"{where}: {cause}" if where else str(cause)
    return type(error).__name__, redact(text), redact(remedy) if isinstance(remedy, str) else None
