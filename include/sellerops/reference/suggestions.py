"""Proposes rows of the product mapping for unmapped SKUs: by FNSKU, by ASIN, then by spelling."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.reference.edits import tuples

_LEAST_ALIKE = 0.8
_PUNCTUATION = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True)
class Product:
    """What is known of a SKU; empty texts are unknown."""

    account_id: str
    sku: str
    asin: str
    fnsku: str
    own_id: str
    is_mapped: bool


@dataclass(frozen=True)
class Suggestion:
    """A SKU that an unmapped one probably belongs to, and why. ``certainty``: 0 to 1."""

    account_id: str
    sku: str
    like: Product
    reason: str
    certainty: float

    @property
    def row(self) -> dict[str, Any]:
        """A row of ``product_mapping``, to be checked and imported."""
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


def suggest(products: Iterable[Product]) -> list[Suggestion]:
    """The best suggestion for each unmapped SKU that has one, by account and SKU."""
    by_account: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        by_account[product.account_id].append(product)
    found = []
    for account in sorted(by_account):
        known = [each for each in by_account[account] if each.is_mapped]
        spellings = _by_spelling(known)
        for product in sorted(by_account[account], key=lambda each: each.sku):
            if not product.is_mapped and (best := _best(product, known, spellings)):
                found.append(best)
    return found


def read_products(connection: psycopg.Connection[Any]) -> list[Product]:
    """The products of the mart; empty while it has not been built."""
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


def _best(product: Product, known: Sequence[Product], spellings: dict[str, Product]) -> Suggestion | None:
    def of(like: Product, reason: str, certainty: float) -> Suggestion:
        return Suggestion(product.account_id, product.sku, like, reason, certainty)

    for each in known:
        if product.fnsku and each.fnsku == product.fnsku:
            return of(each, "same FNSKU as", 1.0)
    for each in known:
        if product.asin and each.asin == product.asin:
            return of(each, "same ASIN as", 0.95)
    spelling = _spelling(product.sku)
    nearest = difflib.get_close_matches(spelling, spellings, n=1, cutoff=_LEAST_ALIKE)
    if not nearest:
        return None
    alike = difflib.SequenceMatcher(None, spelling, nearest[0]).ratio()
    return of(spellings[nearest[0]], "spelled like", round(0.9 * alike, 2))


def _by_spelling(known: Iterable[Product]) -> dict[str, Product]:
    found: dict[str, Product] = {}
    for product in known:
        found.setdefault(_spelling(product.sku), product)
    return found


def _spelling(sku: str) -> str:
    """Letters and digits: people vary case and separators."""
    return _PUNCTUATION.sub("", sku.lower())
