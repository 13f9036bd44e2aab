"""The tables ``marketplace`` and ``report``: a copy of the configuration, for joins in SQL."""

from __future__ import annotations

from typing import Any

import psycopg

from sellerops.settings.marketplaces import all_marketplaces

_MARKETPLACES = """
    INSERT INTO sellerops.marketplace AS stored
        (id, code, country, currency, time_zone, region, sales_channel)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET
        code = excluded.code, country = excluded.country, currency = excluded.currency,
        time_zone = excluded.time_zone, region = excluded.region, sales_channel = excluded.sales_channel
    WHERE (stored.*) IS DISTINCT FROM (excluded.*)
"""
_REPORTS = """
    INSERT INTO sellerops.report AS stored (name, source, family, dag_id, period, description)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (name) DO UPDATE SET
        source = excluded.source, family = excluded.family, dag_id = excluded.dag_id,
        period = excluded.period, description = excluded.description
    WHERE (stored.*) IS DISTINCT FROM (excluded.*)
"""


def marketplace_rows() -> list[dict[str, str]]:
    """The rows of table ``marketplace`` as mappings by column, in the order of the configuration."""
    return [
        {
            "id": each.id,
            "code": each.code,
            "country": each.name,
            "currency": each.currency,
            "time_zone": each.timezone,
            "region": each.region,
            "sales_channel": each.sales_channel,
        }
        for each in all_marketplaces().values()
    ]


def fill_reference(connection: psycopg.Connection[Any]) -> None:
    """Update both tables from the configuration, within the caller's transaction.

    Marketplaces that are no longer configured are deleted; reports stay, because their rows do.
    """
    from sellerops.settings.specs import load_specs

    rows = marketplace_rows()
    with connection.cursor() as cursor:
        # Delete first, since a code may have moved to another id.
        cursor.execute(
            "DELETE FROM sellerops.marketplace WHERE id <> ALL(%s)", ([row["id"] for row in rows],)
        )
        cursor.executemany(_MARKETPLACES, [tuple(row.values()) for row in rows])
        cursor.executemany(
            _REPORTS,
            [
                (spec.name, spec.source, spec.family, spec.dag_id, spec.period.kind.value, spec.description)
                for spec in load_specs()[0]
            ],
        )
