"""Sessions of browsers at the portal, and how its pages look."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.portal.accounts import PortalUser, portal_users

LANGUAGES = ("en_US", "de_DE", "ja_JP")
COOKIE = "session-id"


@dataclass(slots=True)
class PortalSession:
    """One browser. ``steps``: what signing in still asks for, in order; ``resolved``: what a person did once
    and is not asked for again; ``account``, ``country``: the store that is shown; ``pages_left`` and
    ``ends_at`` (virtual UTC epoch seconds) bound the session.
    """

    id: str
    user: PortalUser | None = None
    steps: list[str] = field(default_factory=list)
    resolved: set[str] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    problem: str = ""
    return_to: str = ""
    captcha: str = ""
    account: str | None = None
    country: str | None = None
    pages_left: int | None = None
    ends_at: float | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether sign-in is complete."""
        return self.user is not None and not self.steps

    def as_dict(self) -> dict[str, object]:
        """For people and tests: who is signed in, what is shown, and the steps that were shown so far."""
        return {
            "user": self.user.email if self.user else None,
            "is_signed_in": self.is_signed_in,
            "steps": list(self.steps),
            "shown": list(self.shown),
            "account": self.account,
            "country": self.country,
        }

    def sign_out(self) -> None:
        """Forget the user; what a person has resolved stays resolved."""
        self.user, self.steps, self.problem = None, [], ""
        self.account = self.country = self.pages_left = self.ends_at = None


@dataclass(slots=True)
class Settings:
    """How pages look and how long sessions last; ``/_sandbox/portal`` changes it.

    ``versions``: operation -> 1 or 2, "" for all others; ``challenges``: the steps that signing in shows
    beside password and code, None: drawn from ``challenge_seed``.
    """

    versions: dict[str, int] = field(default_factory=lambda: {"": 1})
    languages: dict[str, str] = field(default_factory=lambda: {"": "en_US"})
    session_pages: int | None = None
    session_minutes: float | None = None
    challenges: list[str] | None = None
    challenge_seed: int = 0


class PortalState(FamilyState):
    """The users, their browsers' sessions, and the settings."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.users = portal_users(sandbox.simulation.seed, sandbox.simulation.sellers)
        self.settings = Settings()
        self.sign_ins = 0
        self._sessions: dict[str, PortalSession] = {}

    def user(self, email: str) -> PortalUser | None:
        """By e-mail address, in any case."""
        return next((user for user in self.users if user.email == email.strip().lower()), None)

    def session(self, cookie: str | None) -> PortalSession:
        """The session of a cookie; a new one for an unknown cookie or none."""
        found = self._sessions.get(cookie or "")
        if found is None:
            found = PortalSession(secrets.token_hex(16))
            self._sessions[found.id] = found
        return found

    def sessions(self) -> tuple[PortalSession, ...]:
        """All, in order of creation."""
        return tuple(self._sessions.values())

    def version(self, operation: str) -> int:
        """The version of a page: 1 or 2."""
        versions = self.settings.versions
        return versions.get(operation, versions[""])

    def language(self, operation: str) -> str:
        """The language of a page: one of LANGUAGES."""
        languages = self.settings.languages
        return languages.get(operation, languages[""])

    def reset(self) -> None:
        """Return to the usual settings; browsers are signed out."""
        self.settings = Settings()
        self.sign_ins = 0
        self._sessions.clear()
