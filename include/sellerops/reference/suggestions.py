"""Suggests rows of the product mapping for unmapped SKUs, by FNSKU, then ASIN, then spelling."""

from __future__ import annotations

import difflib
import re
import string
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.reference.edits import tuples

_LEAST_ALIKE = 0.8
_PUNCTUATION = re.compile(r"[^a-z0-9]")
_ALPHABET = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Product:
    """What is known about a SKU; an empty text means unknown."""

    account_id: str
    sku: str
    asin: str
    fnsku: str
    own_id: str
    is_mapped: bool


@dataclass(frozen=True)
class Suggestion:
    """A product to which an unmapped SKU probably belongs, and why. ``certainty``: 0 to 1."""

    account_id: str
    sku: str
    like: Product
    reason: str
    certainty: float

    @property
    def row(self) -> dict[str, Any]:
        """The row of ``product_mapping`` for a person to check and import."""
        empty = dict.fromkeys(("fnsku", "title", "brand", "size_tier", "product_group"))
        note = f"suggested: {self.reason} {self.like.sku} ({self.certainty:.0%})"
        return {
            "account_id": self.account_id,
            "sku": self.sku,
            "own_id": self.like.own_id or None,
            "asin": self.like.asin or None,
            **empty,
            "note": note,
        }


def suggest(
    products: Iterable[Product], wanted: Collection[tuple[str, str]] | None = None
) -> list[Suggestion]:
    """The best suggestion for each unmapped SKU that has one, ordered by account and SKU.

    ``wanted``: only these accounts and SKUs; None means all.
    """
    by_account: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        by_account[product.account_id].append(product)
    found = []
    for account in sorted(by_account):
        unmapped = [
            each
            for each in by_account[account]
            if not each.is_mapped and (wanted is None or (account, each.sku) in wanted)
        ]
        known = _Known([each for each in by_account[account] if each.is_mapped]) if unmapped else None
        for product in sorted(unmapped, key=lambda each: each.sku):
            if known and (best := _best(product, known)):
                found.append(best)
    return found


def read_products(connection: psycopg.Connection[Any]) -> list[Product]:
    """The products of the mart, without resold units; empty while it has not been built."""
    ((exists,),) = tuples(connection, "SELECT to_regclass('sellerops_marts.product') IS NOT NULL")
    if not exists:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT account_id, sku, coalesce(asin, '') AS asin, coalesce(fnsku, '') AS fnsku, "
            "coalesce(own_id, '') AS own_id, missing = '' AS is_mapped FROM sellerops_marts.product "
            "WHERE NOT is_resold ORDER BY account_id, sku"
        ).fetchall()
    return [Product(**row) for row in rows]


class _Known:
    """An account's mapped products by FNSKU, ASIN and spelling; if several share one, the first."""

    def __init__(self, products: Sequence[Product]) -> None:
        import numpy as np

        self.by_fnsku: dict[str, Product] = {}
        self.by_asin: dict[str, Product] = {}
        self._by_spelling: dict[str, Product] = {}
        for each in products:
            self.by_fnsku.setdefault(each.fnsku, each)
            self.by_asin.setdefault(each.asin, each)
            self._by_spelling.setdefault(_spelling(each.sku), each)
        self._spellings = list(self._by_spelling)
        self._letters = np.array([_letters(each) for each in self._spellings], dtype=np.int16)
        self._lengths = self._letters.sum(axis=1) if self._spellings else self._letters

    def nearest(self, sku: str) -> tuple[Product, float] | None:
        """The product with the most similar SKU, and the similarity (0 to 1); None if none is similar enough.

        SKUs with too few letters in common (in any order) are not compared, because comparing takes a hundred
        times as long as counting letters.
        """
        import numpy as np

        if not self._spellings:
            return None
        spelling = _spelling(sku)
        letters = np.array(_letters(spelling), dtype=np.int16)
        shared = np.minimum(self._letters, letters).sum(axis=1)
        may_be_alike = 2 * shared >= _LEAST_ALIKE * (self._lengths + len(spelling))
        candidates = [self._spellings[n] for n in np.flatnonzero(may_be_alike)]
        nearest = difflib.get_close_matches(spelling, candidates, n=1, cutoff=_LEAST_ALIKE)
        if not nearest:
            return None
        alike = difflib.SequenceMatcher(None, spelling, nearest[0]).ratio()
        return self._by_spelling[nearest[0]], alike


def _best(product: Product, known: _Known) -> Suggestion | None:
    def of(like: Product, reason: str, certainty: float) -> Suggestion:
        return Suggestion(product.account_id, product.sku, like, reason, certainty)

    if product.fnsku and (like := known.by_fnsku.get(product.fnsku)):
        return of(like, "same FNSKU as", 1.0)
    if product.asin and (like := known.by_asin.get(product.asin)):
        return of(like, "same ASIN as", 0.95)
    nearest = known.nearest(product.sku)
    return of(nearest[0], "spelled like", round(0.9 * nearest[1], 2)) if nearest else None


def _letters(spelling: str) -> list[int]:
    return [spelling.count(each) for each in _ALPHABET]


def _spelling(sku: str) -> str:
    """The SKU's letters and digits in lower case, because people vary case and separators."""
    return _PUNCTUATION.sub("", sku.lower())
