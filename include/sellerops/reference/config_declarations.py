"""Declares the reference tables that mirror a file of ``include/config``."""

from __future__ import annotations

from sellerops.reference.table import Column, Origin, ReferenceTable
from sellerops.settings.specs import ColumnType

_DATE, _DECIMAL, _INTEGER, _TEXT = ColumnType.DATE, ColumnType.DECIMAL, ColumnType.INTEGER, ColumnType.TEXT
LEVELS = ("CM1", "CM2", "OVERHEAD", "TAX", "BALANCE", "UNMAPPED")

ACCOUNT_SETTING = ReferenceTable(
    "account_setting",
    "Choices per account that change how profit is computed: config/account_settings.yaml. One row for each "
    "account of config/accounts.yaml.",
    Origin.CONFIG,
    {
        "account_id": Column(_TEXT, "Account of config/accounts.yaml.", required=True),
        "vat_on_fees": Column(
            _TEXT,
            "Whether you recover VAT on Amazon's fees; if not, it is a cost. UNKNOWN: profit is incomplete.",
            default="UNKNOWN",
            choices=("RECOVERABLE", "NON_RECOVERABLE", "UNKNOWN"),
        ),
        "ads_paid_by": Column(
            _TEXT,
            "How advertising is paid: from the balance or by card.",
            default="balance",
            choices=("balance", "card"),
        ),
        "reporting_currency": Column(_TEXT, "Currency of columns `*_reporting`.", default="EUR"),
        "sb_attribution": Column(
            _TEXT,
            "How spend of Sponsored Brands is spread over SKUs: by purchased products, evenly over the ad's "
            "products, or not at all.",
            default="purchases",
            choices=("purchases", "even", "none"),
        ),
        "refund_day": Column(
            _TEXT,
            "Day on which the order view shows a refund: that of the refund or of the order.",
            default="refund",
            choices=("refund", "order"),
        ),
        "service_level": Column(
            _DECIMAL, "Probability of not running out between two orders, 0 to 1.", default="0.95"
        ),
        "margin_floor": Column(
            _DECIMAL, "Lowest acceptable CM2 as a share of revenue, 0 to 1.", default="0.1"
        ),
        "order_budget": Column(
            _DECIMAL, "Money available for orders, in the reporting currency; empty: no limit."
        ),
    },
    key=("account_id",),
)

FEE_RULE = ReferenceTable(
    "fee_rule",
    "Amazon's published rates and limits with the days on which they hold: config/fee_rules.csv.",
    Origin.CONFIG,
    {
        "rule": Column(_TEXT, "Name of the fee or limit.", required=True),
        "marketplace_id": Column(_TEXT, "Amazon's id of the marketplace (file: a code).", required=True),
        "category": Column(_TEXT, "Category of products; empty: all.", default=""),
        "size_tier": Column(_TEXT, "Size tier; empty: all.", default=""),
        "measure": Column(_TEXT, "What `lower` and `upper` limit, such as price or age_days.", default=""),
        "lower": Column(_DECIMAL, "The rule applies from this value on; empty: no limit."),
        "upper": Column(_DECIMAL, "and below this value; empty: no limit."),
        "first_month": Column(_INTEGER, "First month of a season, 1 to 12.", default=1),
        "last_month": Column(_INTEGER, "Last month of a season.", default=12),
        "amount": Column(_DECIMAL, "The rate or limit.", required=True),
        "unit": Column(_TEXT, "What `amount` is, such as per_unit or percent_of_fulfilment.", required=True),
        "currency": Column(_TEXT, "Currency of amounts of money; else empty.", default=""),
        "valid_from": Column(_DATE, "First day.", required=True),
        "valid_to": Column(_DATE, "Last day; 9999-12-31: no end announced.", default="9999-12-31"),
        "source": Column(_TEXT, "Where the figure was published.", required=True),
        "note": Column(_TEXT, "What to know about it."),
    },
    key=(
        "rule", "marketplace_id", "category", "size_tier", "measure", "lower", "upper",
        "first_month", "last_month", "valid_from",
    ),
    day="valid_from",
)  # fmt: skip

CALENDAR_EVENT = ReferenceTable(
    "calendar_event",
    "Days with unusual demand or fees, a row for each day: config/calendar_events.csv.",
    Origin.CONFIG,
    {
        "day": Column(_DATE, "The day, in the marketplace's time zone.", required=True),
        "marketplace_id": Column(_TEXT, "Amazon's id of the marketplace.", required=True),
        "event": Column(_TEXT, "Name of the event, such as prime_day.", required=True),
        "kind": Column(_TEXT, "What it changes.", required=True, choices=("deal", "holiday", "fee_season")),
        "source": Column(_TEXT, "Where its days were published.", required=True),
    },
    key=("day", "marketplace_id", "event"),
    day="day",
)

SETTLEMENT_RULE = ReferenceTable(
    "settlement_rule",
    "Which P&L line a line of a settlement belongs to: config/settlement_rules.csv.",
    Origin.CONFIG,
    {
        "transaction_type": Column(
            _TEXT,
            "Amazon's text in any case; `*` at its end or beginning: any letters; (blank): empty.",
            required=True,
        ),
        "amount_type": Column(
            _TEXT,
            "Amazon's text in any case; `*` at its end or beginning: any letters; (blank): empty.",
            required=True,
        ),
        "amount_description": Column(
            _TEXT,
            "Amazon's text in any case; `*` at its end or beginning: any letters; (blank): empty.",
            required=True,
        ),
        "sign": Column(
            _TEXT,
            "The rule applies to amounts of this sign only; empty: any.",
            default="",
            choices=("", "+", "-"),
        ),
        "pl_line": Column(
            _TEXT, "P&L line; of level AS: whose rules apply, as in `as Refund`.", required=True
        ),
        "level": Column(
            _TEXT,
            "Level of the P&L line; AS: lines of this type are read like those of another.",
            required=True,
            choices=(*LEVELS, "AS"),
        ),
        "seen": Column(_TEXT, "Where the pattern is known from.", default=""),
        "note": Column(_TEXT, "What to know about it."),
    },
    key=("transaction_type", "amount_type", "amount_description", "sign"),
)

FINANCE_RULE = ReferenceTable(
    "finance_rule",
    "Which P&L line a leaf of a transaction's breakdown belongs to: config/finance_rules.csv.",
    Origin.CONFIG,
    {
        "transaction_type": Column(_TEXT, "Amazon's type; `*`: any.", required=True),
        "breakdown_type": Column(_TEXT, "Type of the leaf; `*` at its end: any letters.", required=True),
        "sign": Column(
            _TEXT,
            "The rule applies to amounts of this sign only; empty: any.",
            default="",
            choices=("", "+", "-"),
        ),
        "pl_line": Column(_TEXT, "P&L line.", required=True),
        "level": Column(_TEXT, "Level of the P&L line.", required=True, choices=LEVELS),
        "seen": Column(_TEXT, "Where the leaf is known from.", default=""),
        "note": Column(_TEXT, "What to know about it."),
    },
    key=("transaction_type", "breakdown_type", "sign"),
)

ECONOMICS_RULE = ReferenceTable(
    "economics_rule",
    "Which P&L line a fee of Data Kiosk economics belongs to: config/economics_rules.csv.",
    Origin.CONFIG,
    {
        "fee_type_name": Column(_TEXT, "Amazon's name of the fee.", required=True),
        "pl_line": Column(_TEXT, "P&L line.", required=True),
        "seen": Column(_TEXT, "Where the name is known from.", default=""),
        "note": Column(_TEXT, "What to know about it."),
    },
    key=("fee_type_name",),
)

STOCK_POOL = ReferenceTable(
    "stock_pool",
    "Marketplaces that sell from one stock: `stock_pools` of config/marketplaces.yaml.",
    Origin.CONFIG,
    {
        "marketplace_id": Column(_TEXT, "Amazon's id of the marketplace.", required=True),
        "stock_pool": Column(_TEXT, "Name of the pool.", required=True),
    },
    key=("marketplace_id",),
)

CONFIG_TABLES = (
    ACCOUNT_SETTING,
    FEE_RULE,
    CALENDAR_EVENT,
    SETTLEMENT_RULE,
    FINANCE_RULE,
    ECONOMICS_RULE,
    STOCK_POOL,
)
