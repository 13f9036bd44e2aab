"""What the audit log can be filtered by."""

from __future__ import annotations

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class AuditChoices(BaseModel):
    """The users and actions that have entries."""

    users: list[str]
    actions: list[str]


def read_choices(connection: Connection) -> AuditChoices:
    """All users and actions in the log."""
    return select(connection, __file__, AuditChoices, {})[0]
