"""Whether the ledger's tables are at the revision of this version."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.ledger import migrations

NAME = "migrations"
_REMEDY = "Run `sellerops ledger migrate`."


def examine_migrations(installation: Installation) -> Iterator[Finding]:
    """Compare the ledger's revision with the newest migration of this version."""
    with installation.reading() as connection:
        row = connection.execute(
            "SELECT to_regclass('sellerops.alembic_version') IS NOT NULL AS is_there"
        ).fetchone()
        if not row or not row["is_there"]:
            yield Finding(NAME, State.FAILED, "The database has no ledger yet.", _REMEDY)
            return
        row = connection.execute("SELECT version_num FROM sellerops.alembic_version").fetchone()
    found, head = (row or {}).get("version_num"), newest_revision()
    if found == head:
        yield Finding(NAME, State.OK, f"The ledger is at revision {head}, that of this version.")
    elif found in all_revisions():
        yield Finding(
            NAME, State.FAILED, f"The ledger is at revision {found}, this version needs {head}.", _REMEDY
        )
    else:
        yield Finding(
            NAME,
            State.FAILED,
            f"The ledger is at revision {found}, which this version does not know: a newer one migrated it.",
            "Use that newer version, or go back as docs/upgrade.md describes.",
        )


@cache
def all_revisions() -> frozenset[str]:
    """The revisions that this version knows, from the names of their files (``0031_hub`` is 0031)."""
    return frozenset(path.name.partition("_")[0] for path in _versions().glob("[0-9]*.py"))


def newest_revision() -> str:
    """The revision that this version needs."""
    return max(all_revisions())


def _versions() -> Path:
    return Path(migrations.__file__).parent / "versions"


__all__ = ["NAME", "all_revisions", "examine_migrations", "newest_revision"]
