"""The names that rows may use: accounts, marketplaces, currencies with a rate, and SKUs of reports."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from sellerops.reference.edits import tuples
from sellerops.reference.problems import Problem, quoted
from sellerops.reference.published_rates import packaged_currencies, rate_settings
from sellerops.reference.table import ReferenceTable
from sellerops.settings.accounts import load_accounts
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.spec_files import suggestion

# Tables with SKUs: the first is complete once the product marts are built, the second after the first
# collection.
_PLACES = (("sellerops_marts", "product", "sku"), ("amazon_sp", "listings_all", "seller_sku"))
_MOST_GUESSES = 50


@dataclass
class Known:
    """The known names. ``skus``: by account; None accepts any SKU."""

    accounts: frozenset[str]
    marketplaces: Mapping[str, str]  # code or id -> id
    currencies: frozenset[str]
    skus: Mapping[str, frozenset[str]] | None
    _guesses: int = field(default=0, repr=False)

    @classmethod
    def read(cls, connection: psycopg.Connection[Any], *, with_skus: bool) -> Known:
        """Read what is known now. ``with_skus``: whether to check SKUs."""
        places = all_marketplaces()
        settings = rate_settings()
        given = tuples(
            connection,
            "SELECT from_currency FROM sellerops_reference.fx_given "
            "UNION SELECT to_currency FROM sellerops_reference.fx_given",
        )
        return cls(
            accounts=frozenset(load_accounts()),
            marketplaces={
                **{code: each.id for code, each in places.items()},
                **{each.id: each.id for each in places.values()},
            },
            currencies=frozenset(
                {
                    "EUR",
                    *packaged_currencies(),
                    *(peg.currency for peg in settings.pegs),
                    *(row[0] for row in given),
                }
            ),
            skus=_skus(connection) if with_skus else None,
        )

    def problems(self, table: ReferenceTable, row: dict[str, Any], place: str) -> list[Problem]:
        """The unknown names in a row. Also replaces a marketplace's code in ``row`` by its id."""
        found = []
        account = row.get("account_id")
        if table.has_account and account not in self.accounts:
            found.append(
                Problem(
                    f"{place}, account_id",
                    f"unknown account {quoted(account)}.",
                    suggestion(str(account), sorted(self.accounts)),
                )
            )
        if row.get("marketplace_id"):
            given = row["marketplace_id"]
            row["marketplace_id"] = self.marketplaces.get(given, given)
            if given not in self.marketplaces:
                codes = [code for code in self.marketplaces if len(code) == 2]
                found.append(
                    Problem(
                        f"{place}, marketplace_id",
                        f"unknown marketplace {quoted(given)}.",
                        suggestion(given, codes),
                    )
                )
        if row.get("currency") and row["currency"] not in self.currencies:
            found.append(
                Problem(
                    f"{place}, currency",
                    f"there is no exchange rate for {quoted(row['currency'])}.",
                    "Correct it, or import rates of it into fx_given first.",
                )
            )
        if row.get("sku") and self.skus is not None and account in self.accounts:
            found += self._sku_problem(str(account), row["sku"], place)
        return found

    def _sku_problem(self, account: str, sku: str, place: str) -> list[Problem]:
        known = (self.skus or {}).get(account, frozenset())
        if sku in known:
            return []
        remedy = "Correct it; if the product is new, import with `--allow-unknown`."
        if self._guesses < _MOST_GUESSES:  # each guess compares the SKU with every known one
            self._guesses += 1
            guess = difflib.get_close_matches(sku, known, n=1)
            remedy = f"Did you mean {guess[0]!r}? {remedy}" if guess else remedy
        return [Problem(f"{place}, sku", f"no report of {account} contains the SKU {quoted(sku)}.", remedy)]


def _skus(connection: psycopg.Connection[Any]) -> dict[str, frozenset[str]]:
    for schema, table, column in _PLACES:
        ((exists,),) = tuples(connection, "SELECT to_regclass(%s) IS NOT NULL", (f"{schema}.{table}",))
        if not exists:
            continue
        rows = tuples(
            connection,
            sql.SQL(
                "SELECT account_id, array_agg(DISTINCT trim({0})) FROM {1} WHERE {0} IS NOT NULL GROUP BY 1"
            ).format(sql.Identifier(column), sql.Identifier(schema, table)),
        )
        if rows:
            return {account: frozenset(skus) for account, skus in rows}
    return {}
