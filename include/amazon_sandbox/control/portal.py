"""The control call of the portal's pages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat
from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.control.common import ControlError, read_body
from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.portal.family import PAGES
from amazon_sandbox.portal.report_lists import ReportLists
from amazon_sandbox.portal.state import PortalState

Challenge = Literal[
    "device_choice", "phone_suggestion", "captcha", "new_device", "passkey", "consent", "unknown"
]


class PortalSettings(BaseModel):
    """`page`: the operation that version and language are for; all pages if left out. `session_pages`,
    `session_minutes`: of sessions that begin from now on. `challenges` null: drawn from `challenge_seed`.
    `sign_out` true: end all sessions; what a person has resolved stays resolved.
    """

    model_config = ConfigDict(extra="forbid")

    page: str | None = None
    version: Literal[1, 2] | None = None
    language: Literal["en_US", "de_DE", "ja_JP"] | None = None
    session_pages: Annotated[int, Field(ge=1)] | None = None
    session_minutes: Annotated[FiniteFloat, Field(gt=0)] | None = None
    challenges: list[Challenge] | None = None
    challenge_seed: int = 0
    sign_out: bool = False


async def portal(request: Request) -> Response:
    """GET shows users, sessions, settings and requested files of the web pages, POST changes settings."""
    sandbox = sandbox_of(request)
    state = sandbox.state(PortalState)
    if request.method == "POST":
        _change(state, await read_body(request, PortalSettings))
    settings = state.settings
    return json_answer(
        {
            "users": [user.as_dict() for user in state.users],
            "sessions": [session.as_dict() for session in state.sessions()],
            "pages": sorted({page.operation for page in PAGES}),
            "versions": settings.versions,
            "languages": settings.languages,
            "session_pages": settings.session_pages,
            "session_minutes": settings.session_minutes,
            "challenges": settings.challenges,
            "challenge_seed": settings.challenge_seed,
            "requested": [row.as_dict() for row in sandbox.state(ReportLists).requested()],
        }
    )


def _change(state: PortalState, wanted: PortalSettings) -> None:
    settings, given = state.settings, wanted.model_fields_set
    page = wanted.page or ""
    known = {each.operation for each in PAGES}
    if page and page not in known:
        raise ControlError(f"page: unknown page {page!r}", f"Use one of: {', '.join(sorted(known))}.")
    if wanted.version is not None:
        settings.versions[page] = wanted.version
    if wanted.language is not None:
        settings.languages[page] = wanted.language
    for name in given & {"session_pages", "session_minutes", "challenge_seed"}:
        setattr(settings, name, getattr(wanted, name))
    if "challenges" in given:
        settings.challenges = None if wanted.challenges is None else list(wanted.challenges)
    if wanted.sign_out:
        for session in state.sessions():
            session.sign_out()
