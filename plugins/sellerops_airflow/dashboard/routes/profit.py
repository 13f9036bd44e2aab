"""The Profit page."""

from __future__ import annotations

from fastapi import APIRouter

from sellerops.marts.settlement_files import rule_line
from sellerops.read_models.profit.bridge import Bridge, read_bridge
from sellerops.read_models.profit.days import ComparedDay, read_compared_days
from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.differences import Differences, read_differences
from sellerops.read_models.profit.lines import ProfitLines, read_lines, without_cost_lines
from sellerops.read_models.profit.methods import AccountMethods, read_methods
from sellerops.read_models.profit.settlements import Payout, Settlement, read_payouts, read_settlements
from sellerops.read_models.profit.skus import SkuProfit, Spread, read_sku_profit
from sellerops.read_models.profit.summary import ProfitSummary, summarize
from sellerops.read_models.profit.unmapped import UnmappedName, read_unmapped
from sellerops.read_models.scope import Scope
from sellerops_airflow.dashboard.access import SeesCosts
from sellerops_airflow.dashboard.reading import HubRoute, read
from sellerops_airflow.dashboard.scope import InScope
from sellerops_airflow.dashboard.tables import InPaging, Table

router = APIRouter(prefix="/profit", tags=["profit"], route_class=HubRoute)


class UnmappedRule(UnmappedName):
    """``rule``: the line to add to ``rule_file`` of include/config, with the P&L line and level left for you
    to fill in.
    """

    rule: str
    rule_file: str


@router.get("/summary")
def profit_summary(
    scope: InScope, sees_costs: SeesCosts, view: ProfitView = ProfitView.ORDER
) -> list[ProfitSummary]:
    """The tiles by currency, with the figures of the days to compare with."""
    return summarize(_lines(scope, view, sees_costs))


@router.get("/lines")
def profit_lines(scope: InScope, sees_costs: SeesCosts, view: ProfitView = ProfitView.ORDER) -> ProfitLines:
    """Profit and loss: every line by marketplace."""
    return _lines(scope, view, sees_costs)


@router.get("/days")
def profit_days(scope: InScope, view: ProfitView = ProfitView.ORDER) -> list[ComparedDay]:
    """Profit by day, oldest first, each with the same weekday of the days to compare with."""
    return read(lambda connection: read_compared_days(connection, scope, view))


@router.get("/bridge")
def profit_bridge(scope: InScope) -> Bridge:
    """From ordered to paid, step by step, by marketplace."""
    return read(lambda connection: read_bridge(connection, scope))


@router.get("/differences")
def profit_differences(scope: InScope) -> Differences:
    """Why profit differs from Seller Central, with amounts."""
    return read(lambda connection: read_differences(connection, scope))


@router.get("/settlements")
def profit_settlements(scope: InScope, paging: InPaging) -> Table[Settlement]:
    """Settlements whose period ended in the scope."""
    return read(lambda connection: read_settlements(connection, scope, paging))


@router.get("/payouts")
def profit_payouts(scope: InScope) -> list[Payout]:
    """The next payout of each currency, and how accurate earlier forecasts were."""
    return read(lambda connection: read_payouts(connection, scope))


@router.get("/unmapped")
def profit_unmapped(scope: InScope) -> list[UnmappedRule]:
    """Amounts without a P&L line, each with the rule to add."""
    return [_with_rule(each) for each in read(lambda connection: read_unmapped(connection, scope))]


@router.get("/skus")
def profit_skus(
    scope: InScope, paging: InPaging, sees_costs: SeesCosts, spread: Spread = Spread.NONE
) -> Table[SkuProfit]:
    """Profit by SKU; ``spread``: how overhead is allocated to SKUs."""
    return read(lambda connection: read_sku_profit(connection, scope, paging, spread, sees_costs=sees_costs))


@router.get("/methods")
def profit_methods(scope: InScope) -> list[AccountMethods]:
    """The account settings that change how profit is computed."""
    return read(lambda connection: read_methods(connection, scope))


def _lines(scope: Scope, view: ProfitView, sees_costs: bool) -> ProfitLines:
    found = read(lambda connection: read_lines(connection, scope, view))
    return found if sees_costs else without_cost_lines(found)


def _with_rule(found: UnmappedName) -> UnmappedRule:
    if found.source == "settlement":
        rule, file = rule_line((found.name, found.second_name, found.third_name)), "settlement_rules.csv"
    else:
        rule, file = (
            ",".join([found.name, found.second_name, "", "<P&L line>", "<level>", "own data", ""]),
            "finance_rules.csv",
        )
    return UnmappedRule(**found.model_dump(), rule=rule, rule_file=file)
