"""The seller hub's own settings: defaults, and owners' changes in the table ``sellerops.hub_setting``."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from sellerops.read_models.queries import Connection


class HubSettings(BaseModel):
    """``partner_sees_costs``: whether partners see costs and profit. ``secrets_rotated_on``: by connection,
    the day on which its Login-with-Amazon secret was last renewed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    partner_sees_costs: bool = False
    secrets_rotated_on: dict[str, date] = {}


def read_settings(connection: Connection) -> HubSettings:
    """The settings in effect. Names that a later version stored are ignored."""
    from psycopg.rows import tuple_row

    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute("SELECT name, value FROM sellerops.hub_setting").fetchall()
    known = {name: value for name, value in rows if name in HubSettings.model_fields}
    return HubSettings.model_validate(known)


def write_settings(connection: Connection, settings: HubSettings, user_name: str) -> HubSettings:
    """Store all settings. Returns the previous ones."""
    from psycopg.types.json import Jsonb

    connection.execute("LOCK TABLE sellerops.hub_setting IN SHARE ROW EXCLUSIVE MODE")
    before = read_settings(connection)
    old, new = before.model_dump(mode="json"), settings.model_dump(mode="json")
    for name in new:
        if new[name] != old[name]:
            connection.execute(
                "INSERT INTO sellerops.hub_setting (name, value, changed_by) VALUES (%s, %s, %s) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_by = excluded.changed_by, "
                "changed_at = sellerops.now()",
                (name, Jsonb(new[name]), user_name),
            )
    return before
