"""Restricted data tokens that were given out, and the accounts whose application has the role."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass

from amazon_sandbox.lwa.state import Session
from amazon_sandbox.tokens import data


@dataclass(frozen=True, slots=True)
class RestrictedToken:
    """What one token opens: nothing but these (method, path)."""

    session: Session
    resources: frozenset[tuple[str, str]]


class RestrictedTokens:
    """Gives out restricted data tokens and knows them again."""

    def __init__(self) -> None:
        self._tokens: dict[str, RestrictedToken] = {}
        self.accounts: set[str] = set(data.WITH_ROLE)

    def issue(self, session: Session, resources: frozenset[tuple[str, str]]) -> dict[str, object]:
        """The answer of createRestrictedDataToken."""
        token = "Atz.sprdt|" + secrets.token_urlsafe(96)
        self._tokens[token] = RestrictedToken(session, resources)
        return {"restrictedDataToken": token, "expiresIn": data.TOKEN_SECONDS}

    def find(self, token: str) -> RestrictedToken | None:
        """A token that was given out, expired or not."""
        return self._tokens.get(token)

    def clear(self) -> None:
        """No token is known, and the roles are as at the start."""
        self._tokens.clear()
        self.accounts = set(data.WITH_ROLE)


def resources_of(body: bytes) -> frozenset[tuple[str, str]]:
    """The (method, path) pairs a request names. Raises ApiError."""
    try:
        wanted = json.loads(body)["restrictedResources"]
        pairs = [(each["method"], each["path"]) for each in wanted]
    except (ValueError, KeyError, TypeError):
        raise data.invalid("Resource not provided.") from None
    if not pairs or len(pairs) > data.MOST_RESOURCES:
        raise data.invalid(f"From 1 to {data.MOST_RESOURCES} resources can be named.")
    for method, path in pairs:
        if method not in data.METHODS or not isinstance(path, str) or not path.startswith("/"):
            raise data.invalid("Resource not provided.")
        if "{" in path and path.startswith("/reports/"):
            raise data.invalid("The path of a report document must be specific.")
    return frozenset(pairs)
