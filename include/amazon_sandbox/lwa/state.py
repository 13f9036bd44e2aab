"""The access tokens that were issued."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from amazon_sandbox.core.clock import virtual_lifetime
from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.lwa import data
from amazon_sandbox.lwa.data import LwaRefusal
from amazon_sandbox.simulation import Seller

PRUNE_AT = 10_000


class Refused(Exception):
    """Raised when the token endpoint refuses a request."""

    def __init__(self, refusal: LwaRefusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.description)


@dataclass(frozen=True, slots=True)
class Session:
    """What an access token gives an application access to: a seller (None: grantless), until a virtual
    instant.

    `audience`: the API it is for, `sp` or `ads`; each refuses the tokens of the other.
    """

    application: str
    seller: Seller | None
    expires_at: float
    audience: str = "sp"


class Grant(NamedTuple):
    """A refresh token's application, seller and API."""

    client_id: str
    client_secret: str
    refresh_token: str
    seller: Seller
    audience: str


class TokenStore(FamilyState):
    """Issues access tokens and recognises them. Instants are virtual UTC epoch seconds."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.lifetime = data.TOKEN_SECONDS
        self._sessions: dict[str, Session] = {}
        self._secrets: dict[str, str] = {}
        self._grants: dict[str, Grant] = {}
        for seller in sandbox.simulation.sellers:
            self.add(Grant(seller.client_id, seller.client_secret, seller.refresh_token, seller, "sp"))

    def add(self, grant: Grant) -> None:
        """Accept a further refresh token."""
        self._secrets[grant.client_id] = grant.client_secret
        self._grants[grant.refresh_token] = grant

    def seller_id_of(self, refresh_token: str) -> str | None:
        """The seller whose refresh token it is."""
        grant = self._grants.get(refresh_token)
        return grant.seller.seller_id if grant else None

    def grant(self, form: Mapping[str, str], now: float, speed: float = 1.0) -> dict[str, object]:
        """Answer a token request. `speed` is that of the clock that shows `now`. Raises Refused."""
        expires_at = now + virtual_lifetime(self.lifetime, speed)
        grant_type = _required(form, "grant_type")
        if grant_type not in ("refresh_token", "client_credentials"):
            raise Refused(data.UNSUPPORTED_GRANT)
        client_id, secret = _required(form, "client_id"), _required(form, "client_secret")
        if (
            not secrets.compare_digest(self._secrets.get(client_id, "").encode(), secret.encode())
            or not secret
        ):
            raise Refused(data.INVALID_CLIENT)
        if grant_type == "client_credentials":
            if _required(form, "scope") not in data.SCOPES:
                raise Refused(data.INVALID_SCOPE)
            return self._issue(Session(client_id, None, expires_at), now)
        refresh_token = _required(form, "refresh_token")
        granted = self._grants.get(refresh_token)
        if granted is None:
            raise Refused(data.INVALID_GRANT)
        if granted.client_id != client_id:
            raise Refused(data.UNAUTHORIZED_CLIENT)
        session = Session(client_id, granted.seller, expires_at, granted.audience)
        return {**self._issue(session, now), "refresh_token": refresh_token}

    def session(self, token: str) -> Session | None:
        """The session of a token, expired or not; None for one that was never issued."""
        return self._sessions.get(token)

    def reset(self) -> None:
        """Return to the usual lifetime; tokens in use stay valid."""
        self.lifetime = data.TOKEN_SECONDS

    def _issue(self, session: Session, now: float) -> dict[str, object]:
        if len(self._sessions) >= PRUNE_AT:
            self._sessions = {token: old for token, old in self._sessions.items() if old.expires_at > now}
        token = "Atza|" + secrets.token_urlsafe(264)
        self._sessions[token] = session
        return {"access_token": token, "token_type": "bearer", "expires_in": self.lifetime}


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise Refused(data.missing(name))
    return value
