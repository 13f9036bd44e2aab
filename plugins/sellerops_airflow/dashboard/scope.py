"""Query parameters that all pages share."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Query

from sellerops.read_models.scope import Comparison, Scope, ScopeCurrency
from sellerops_airflow.dashboard.reading import in_hub_thread, today

_LONGEST = 800
_DEFAULT_DAYS = 30


async def scope_of(
    account: Annotated[list[str] | None, Query(description="Accounts to include; all by default.")] = None,
    marketplace: Annotated[
        list[str] | None, Query(description="Marketplace ids to include; all by default.")
    ] = None,
    start: Annotated[
        date | None, Query(description="First day; by default 30 days that end yesterday.")
    ] = None,
    end: Annotated[date | None, Query(description="Last day, inclusive; by default yesterday.")] = None,
    compare: Comparison = Comparison.PREVIOUS,
    currency: ScopeCurrency = ScopeCurrency.REPORTING,
) -> Scope:
    """The scope of a request. 422 if its days are in the wrong order or too many."""
    last = end or await in_hub_thread(today) - timedelta(days=1)
    first = start or last - timedelta(days=_DEFAULT_DAYS - 1)
    if not 0 <= (last - first).days < _LONGEST:
        raise HTTPException(422, f"start must not be after end, and a scope has at most {_LONGEST} days.")
    return Scope(
        accounts=tuple(account or ()),
        marketplaces=tuple(marketplace or ()),
        start=first,
        end=last,
        compare=compare,
        currency=currency,
    )


InScope = Annotated[Scope, Depends(scope_of)]
