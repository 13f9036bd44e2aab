"""Marts whose rows come from Python: forecasts, orders to place, alerts.

Their file in ``include/marts`` says ``computed: true`` and has no SELECT. A class named in ``COMPUTED`` gets
the queued spans and yields the rows that replace those of each span. Like a SELECT, it may be repeated at any
time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from sellerops.base.errors import ConfigurationError
from sellerops.destinations.mart_store import MartStore, Span
from sellerops.ledger import Ledger
from sellerops.marts.specs import MartSpec

Row = Mapping[str, Any]
# By mart: "module:class". Imported when the mart is built, because the classes are in packages that import
# this one.
COMPUTED: dict[str, str] = {
    "forecast": "sellerops.demand.forecast_mart:ForecastMart",
    "restock": "sellerops.demand.restock_mart:RestockMart",
    "forecast_grade": "sellerops.demand.grade_marts:ForecastGradeMart",
    "restock_grade": "sellerops.demand.grade_marts:RestockGradeMart",
}


@dataclass(frozen=True)
class Work:
    """What a computed mart works with.

    :param causes: by account, why its spans were queued: names of inputs, or words such as ``by hand``.
    :param rows: the rows of a SELECT over the mart's inputs (``{{ ref('x') }}``, ``{{ source('x.y') }}``, in
        the subset of ``include/marts``), each restricted to what a span of the mart reads of it.
    """

    mart: MartSpec
    ledger: Ledger
    store: MartStore
    rows: Callable[[str, Span], list[dict[str, Any]]]
    causes: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Computed(Protocol):
    """The interface of a class in ``COMPUTED``, which is created without arguments."""

    def due(self, work: Work) -> Iterable[Span]:
        """Spans to build although no input has changed, for example because a day has begun.

        Called at every look, so it must be quick and must not return a span that has been built.
        """
        ...

    def compute(self, work: Work, spans: Sequence[Span]) -> Iterable[tuple[Span, Iterable[Row]]]:
        """Yield each span to replace with all its rows. ``spans``: the queued spans, merged.

        The replaced spans may differ from the queued ones; marts that read this one are queued for the
        replaced spans. A row has every column of the mart.
        """
        ...


def computed_class(mart: MartSpec) -> Computed:
    """The class that builds a computed mart. Raises ConfigurationError if none is named."""
    if mart.name not in COMPUTED:
        raise ConfigurationError(
            "it says `computed: true`, but no class computes it.",
            where=mart.path,
            remedy="Name the class in COMPUTED of include/sellerops/marts/computed.py.",
        )
    module, _, name = COMPUTED[mart.name].partition(":")
    made: Computed = getattr(import_module(module), name)()
    return made
