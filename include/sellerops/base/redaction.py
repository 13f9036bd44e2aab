"""Removes credentials and unstorable characters from texts before they are stored or sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

# Names of secrets; a longer name may end with one: POSTGRES_PASSWORD, botToken.
_NAMES = (
    r"pass(?:word|wd|phrase)|(?<![a-z])pwd|client[_-]?secret|(?:shared|jwt|app)[_-]?secret"
    r"|secret[_-]?(?:access[_-]?)?key|(?:api|private|fernet|account)[_-]?key(?![_-]?id)"
    r"|(?:access|refresh|id|auth|bot|session|security|bearer|restricted[_-]?data)[_-]?token"
    r"|authorization|x-amz-(?:signature|credential)|signature|aws[_-]?access[_-]?key[_-]?id|cookie"
)
# name=value, "name": "value", \"name\": \"value\", <name>value<, name%3Dvalue, (b'name', b'value')
_MARK = r"""(?:\\*["']?\s{0,8}(?:[=:]|%3D|,(?=\s{0,8}b?\\*["']))\s{0,8}(?:b(?=["']))?|>)"""
# A quoted value ends at the closing quote, which a truncated text may lack; a bare one at a space or the next
# parameter.
_QUOTED = r"""(?P<quote>\\*["'])(?:(?!(?P=quote))[^\n\\]|(?!(?P=quote))\\[^\n]|'')*(?:(?P=quote)|(?=\n|\Z))"""
_BARE = r"""(?:[^\s"'<>&}\\,;]|[,;](?!\s|\Z)|&(?![\w.-]{1,40}=)|["'<>}\\](?![\s,;:)\]}]|\Z))+"""
# In a conninfo a password with spaces needs quotes; without them it ends before the next `name=`.
_WORDS = r"[^\s=\"'&]+(?:[ \t][^\s=]{1,60}){1,8}(?=[ \t]\w{1,40}=)"

_SECRETS = (
    re.compile(
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY.*?"
        r"(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,20}-----|\Z)",
        re.DOTALL,
    ),
    re.compile(rf"(?i)(?P<name>pass(?:word|wd|phrase)|pwd)(?P<mark>[ ]?=[ ]?){_WORDS}"),
    re.compile(r"Atz[a-z](?:\||%7C)[^\s\"'&,;<>}]+", re.IGNORECASE),
    re.compile(r"amzn1\.oa2-cs\.[\w.\-]+"),
    re.compile(
        rf"(?i)(?P<name>{_NAMES})(?P<mark>{_MARK}(?:(?:bearer|basic|digest)\s+)?)(?:{_QUOTED}|{_BARE})"
    ),
    re.compile(r"(?i)(?P<name>bearer)(?P<mark>\s+)(?![a-z]+\b)[\w\-.|~+/=]{8,}"),
    # A password in a URL, which may contain spaces, @ and /; not a port.
    re.compile(
        r"(?P<name>://[^\s/:@]{0,80})(?P<mark>:)(?!\d{1,5}(?:[/?#\s\"',;:)]|\Z))(?!\s)[^\n]{1,200}?(?=@[^\s@\"'<>]*(?:[\s\"'<>]|\Z))"
    ),
    re.compile(r"(?P<name>://[^/\s:@]{0,80})(?P<mark>:)[^/\s@]+(?=@)"),
    re.compile(r"xox[a-z](?:\.xox[a-z])?-[\w.\-]{3,}|xapp-[\w.\-]{3,}", re.IGNORECASE),  # Slack
    re.compile(r"(?P<name>hooks\.slack(?:-gov)?\.com/)(?P<mark>\w+/)[^\s\"'<>|]+"),
    re.compile(r"pk_\d+_\w{8,}|\b[ps]k_(?:(?:live|test)_\w{8,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{16,})"),  # ClickUp
    re.compile(
        r"(?<!\d)\d{6,12}(?::|%3A)[\w\-]{30,}|(?<=/bot)\d+(?::|%3A)[^/\s]+", re.IGNORECASE
    ),  # Telegram
    re.compile(  # AWS: a key's id, and the secret if it follows
        r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])(?:[\s\"',:;|/]{1,8}[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=]))?"
    ),
    re.compile(r"eyJ[\w\-]{8,}(?:\.[\w\-]*){1,4}"),  # JWT
    re.compile(r"ya29\.[\w\-]{8,}|AIza[\w\-]{30,}|GOCSPX-[\w\-]{8,}"),  # Google
)
_SECRET_NAME = re.compile(rf"(?i)(?:{_NAMES}|bearer)\Z")


def redact(text: str) -> str:
    """``text`` without tokens, secrets, keys, passwords and signatures of presigned URLs."""
    for pattern in _SECRETS:
        text = pattern.sub(_masked, text)
    return storable(text)


def _masked(match: re.Match[str]) -> str:
    groups = match.groupdict(default="")
    quote = groups.get("quote", "")
    return f"{groups.get('name', '')}{groups.get('mark', '')}{quote}{MASK}{quote}"


def storable(text: str) -> str:
    r"""``text`` as Postgres can store it: NUL and lone surrogates become escapes (``\x00``, ``\udcff``)."""
    return text.replace("\x00", r"\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def redact_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the mapping with every nested text redacted; values whose key names a secret are masked."""
    return {
        storable(str(key)): MASK if _SECRET_NAME.search(str(key)) else _redact_any(value)
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
    """(type name, redacted text, remedy) of an error; all None if there is no error."""
    if error is None:
        return None, None, None
    remedy = getattr(error, "remedy", None)
    cause = getattr(error, "cause", None) or str(error) or type(error).__name__
    where = getattr(error, "where", "")
    text = f"{where}: {cause}" if where else str(cause)
    return type(error).__name__, redact(text), redact(remedy) if isinstance(remedy, str) else None
