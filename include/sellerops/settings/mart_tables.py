"""The tables of marts and their partitions. Imports little, because DAG files import it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sellerops.settings.specs import ColumnType

MARTS = "sellerops_marts"
REFERENCE = "sellerops_reference"
_FILES = Path(__file__).resolve().parents[2] / "marts"


def mart_names() -> list[str]:
    """The names of all marts: the files in ``include/marts``, valid or not."""
    return sorted(path.stem for path in _FILES.glob("*.sql"))


@dataclass(frozen=True, order=True)
class Span:
    """Partitions of a mart: the days ``first_day`` to ``last_day`` of one marketplace of one account.

    With ``marketplace_id`` None, the span covers all marketplaces of the account and rows without one. A day
    of None means no bound on that side.
    """

    account_id: str
    marketplace_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None

    def widened(self, before: int, after: int) -> Span:
        """The span with ``before`` more days at its beginning and ``after`` more at its end."""
        first, last = self.first_day, self.last_day
        return Span(
            self.account_id,
            self.marketplace_id,
            first and first - timedelta(days=before),
            last and last + timedelta(days=after),
        )


@dataclass(frozen=True)
class MartTable:
    """The table of a mart.

    ``key``: the columns that identify a row. ``day``: the column with the row's day, if any.
    ``lookup_days``: further date columns by which marts read its rows.
    """

    name: str
    description: str
    columns: Mapping[str, tuple[ColumnType, str]]  # name -> type and description
    key: tuple[str, ...]
    day: str | None
    has_marketplace: bool
    full_text: tuple[str, ...] = ()  # columns that people search by words
    lookup_days: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        return f"{MARTS}.{self.name}"
