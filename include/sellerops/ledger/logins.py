"""Types for logins to web pages: jobs, locks and required actions.

Statements: ``sellerops.ledger.login_locks`` and ``sellerops.ledger.required_actions``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

BEAT_EVERY_S = 10.0
LOCK_VALID_S = 60.0


class JobState(StrEnum):
    """How a browser job ended; RUNNING until then."""

    RUNNING = "running"
    DONE = "done"
    WAITING = "waiting"
    PERSON = "person"
    PAGE_CHANGED = "page_changed"
    FAILED = "failed"
    LOST = "lost"


class RequiredActionKind(StrEnum):
    """What a page asks for that only a person may do."""

    CAPTCHA = "captcha"
    NEW_DEVICE = "new_device"
    CONSENT = "consent"
    PASSKEY = "passkey"
    ACCOUNT_CHOICE = "account_choice"
    UNKNOWN = "unknown"


class ActionOutcome(StrEnum):
    """How a required action ended."""

    RESUMED = "resumed"
    GIVEN_UP = "given_up"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True)
class JobRef:
    """What a browser job is for: a slice's download, a canary's check or a person's sign-in."""

    purpose: str
    account_id: str | None = None
    marketplace_id: str | None = None
    report: str | None = None
    page: str | None = None
    request_id: int | None = None
    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None
    task_try: int | None = None

    @property
    def label(self) -> str:
        """The task and its run, as people read it."""
        mapped = f"[{self.map_index}]" if self.map_index is not None and self.map_index >= 0 else ""
        return f"{self.dag_id or self.purpose}, run {self.run_id}, {self.task_id}{mapped}"


@dataclass(frozen=True)
class LoginLock:
    """A held login. ``holder`` is this hold's secret; if it has changed, another job has taken over."""

    login_id: str
    holder: uuid.UUID
    job_id: int


@dataclass(frozen=True)
class HeldLogin:
    """Who uses a login now. ``beat_at``: real time, unlike ``taken_at``. ``is_stale``: its job is dead."""

    login_id: str
    held_by: str
    job_id: int
    taken_at: datetime
    beat_at: datetime
    is_stale: bool


@dataclass(frozen=True)
class BrowserJob:
    """One use of a login's browser. Times are aware, UTC; ``seconds`` are in real time."""

    id: int
    login_id: str
    ref: JobRef
    state: JobState
    host: str
    seconds: float | None
    peak_memory_bytes: int | None
    sign_ins: int
    evidence_uri: str | None
    error_type: str | None
    error: str | None
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class RequiredAction:
    """What a person has to do. Times are aware, UTC."""

    id: int
    login_id: str
    kind: RequiredActionKind
    message: str
    page_url: str | None
    evidence_uri: str | None
    opened_at: datetime
    ended_at: datetime | None
    outcome: ActionOutcome | None
    job_id: int | None = None
