"""Restricted data tokens that were issued, and the accounts whose application has the restricted role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.lwa.state import Session

TOKEN_SECONDS = 3600
# Accounts whose application has a restricted role (Direct to Consumer Shipping) from the start.
WITH_ROLE = frozenset(("northwind_na",))


@dataclass(frozen=True, slots=True)
class RestrictedToken:
    """What one token gives access to: nothing but these (method, path)."""

    session: Session
    resources: frozenset[tuple[str, str]]


class RestrictedTokens(FamilyState):
    """Issues restricted data tokens and recognises them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._tokens: dict[str, RestrictedToken] = {}
        self.accounts: set[str] = set(WITH_ROLE)

    def issue(self, session: Session, resources: frozenset[tuple[str, str]]) -> dict[str, object]:
        """The answer of createRestrictedDataToken."""
        token = "Atz.sprdt|" + secrets.token_urlsafe(96)
        self._tokens[token] = RestrictedToken(session, resources)
        return {"restrictedDataToken": token, "expiresIn": TOKEN_SECONDS}

    def find(self, token: str) -> RestrictedToken | None:
        """A token that was issued, expired or not."""
        return self._tokens.get(token)

    def reset(self) -> None:
        """Forget all tokens and restore the initial roles."""
        self._tokens.clear()
        self.accounts = set(WITH_ROLE)
