"""Stores in the ads console: each has an entity id, and a session is cold until it has chosen one."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import RedirectResponse, Response

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.portal.report_lists import ListedFile
from amazon_sandbox.portal.routes import PortalCall
from amazon_sandbox.simulation.streams import UPPER_ALNUM, token

BASE = "/ads-console"


@dataclass
class AdsConsole(FamilyState):
    """Which sessions have entered the console, and the names that people gave their reports."""

    sandbox: Sandbox
    stores: dict[str, tuple[str, str]] = field(default_factory=dict)
    warm: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)

    def reset(self) -> None:
        """All sessions are cold again."""
        self.warm.clear()
        self.names.clear()


def entity_of(call: PortalCall, account: str, country: str) -> str:
    """The entity id of an account's store."""
    entity = "ENTITY" + token(UPPER_ALNUM, 12, call.sandbox.simulation.seed, account, country, "entity")
    _state(call).stores[entity] = (account, country)
    return entity


def show_entity(call: PortalCall, entity: str) -> None:
    """Show the store that the session has chosen; direct addresses work from now on."""
    _state(call).warm.add(call.session.id)
    call.session.account, call.session.country = _state(call).stores[entity]


def entered(call: PortalCall) -> Response | None:
    """The redirect of a cold session; None for a warm one, which gets the store that the address names."""
    if call.session.id not in _state(call).warm:
        return RedirectResponse(f"{BASE}/register", 302)
    entity = call.query.get("entityId", "")
    if entity in _state(call).stores and _state(call).stores[entity][0] in call.user.accounts:
        show_entity(call, entity)
    return None


def name_report(call: PortalCall, report_id: str, name: str) -> None:
    """Keep the name that a report was given."""
    _state(call).names[report_id] = name[:256]


def name_of(call: PortalCall, row: ListedFile) -> str:
    """A report's name; the page's default for those that were not named here."""
    return _state(call).names.get(row.report_id, f"Search term - {row.report_id}")


def _state(call: PortalCall) -> AdsConsole:
    return call.sandbox.state(AdsConsole)
