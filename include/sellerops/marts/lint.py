"""Checks that a mart's SELECT uses only what Postgres and BigQuery calculate alike.

Each rule is a fact about the two databases or about sqlglot 30.30.0, found by running both. ``check_mart``
lists all violations at once, each with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sellerops.base.errors import ConfigurationError
from sellerops.marts.dialects import parse
from sellerops.marts.specs import MartSpec
from sellerops.marts.trees import Columns, marked, typed_tree
from sellerops.settings.config_files import shown

if TYPE_CHECKING:
    from sqlglot import exp

# Functions that mean the same in both, by sqlglot's name for them.
_FUNCTIONS = frozenset(
    {
        *("Abs", "And", "Case", "Cast", "Coalesce", "Count", "Exists", "Extract", "If", "Lag", "Lead"),
        *("Left", "Length", "LogicalAnd", "LogicalOr", "Lower", "MD5", "Max", "Min", "Not", "Nullif", "Or"),
        *("Replace", "Right", "Round", "RowNumber", "Sign", "StrPosition", "Sum", "Trim", "Upper"),
    }
)
_TYPES = frozenset(["TEXT", "BIGINT", "INT", "DECIMAL", "DATE", "TIMESTAMPTZ", "BOOLEAN"])
_PARTS = frozenset({"YEAR", "MONTH", "DAY"})
_INTERVAL = re.compile(r"^-?\d+$")
_DOCS = "docs/marts.md lists what both databases calculate alike."
_REMEDIES: Mapping[str, str] = {
    "CurrentDate": "A mart must not depend on the clock: store the day, compare it when it is read.",
    "CurrentTimestamp": "A mart must not depend on the clock: store the time, compare it when it is read.",
    "TimestampTrunc": "Join `{{ source('reference.calendar') }}` for weeks, months and quarters.",
    "DateTrunc": "Join `{{ source('reference.calendar') }}` for weeks, months and quarters.",
    "ExplodingGenerateSeries": "Join `{{ source('reference.calendar') }}` for a row per day.",
    "GenerateSeries": "Join `{{ source('reference.calendar') }}` for a row per day.",
    "Concat": "Write `a || b`: CONCAT skips nulls in Postgres and not in BigQuery.",
    "DateDiff": "Join `{{ source('reference.calendar') }}` and subtract its day numbers.",
    "Greatest": "Write CASE: Postgres ignores nulls in GREATEST, BigQuery returns null.",
    "Least": "Write CASE: Postgres ignores nulls in LEAST, BigQuery returns null.",
    "Avg": "Write `ROUND(SUM(x) / NULLIF(COUNT(x), 0), 6)`.",
}
Found = tuple[Any, str, str]  # node, cause, remedy


def check_mart(mart: MartSpec, declared: Callable[[str], Columns]) -> list[ConfigurationError]:
    """Every violation in a mart's SELECT and tests, in order; none for a computed mart.

    :param declared: the columns of an input by its name in ``inputs``. Raises ConfigurationError itself for
        an unknown input.
    """
    if mart.computed:
        return []
    head = _header_lines(mart.path)
    found: list[ConfigurationError] = []
    for sql, is_select in [(mart.sql, True), *((test.sql, False) for test in mart.tests.values())]:
        where = shown(Path(mart.path))
        try:
            tree = parse(marked(sql), where=where)
        except ConfigurationError as error:
            found.append(error)
            continue
        problems = [*_problems(tree), *(_of_types(mart, sql, declared, is_select=is_select))]
        for node, cause, remedy in problems:
            line = _line(node) if is_select else None
            place = f"{where}:{head + line}" if line else where
            found.append(ConfigurationError(cause, where=place, remedy=remedy))
    unique = {(each.where, each.cause): each for each in found}
    return list(unique.values())


def _problems(tree: exp.Expr) -> Iterator[Found]:
    for node in tree.walk():
        for rule in (_function, _shape, _window, _cast, _arithmetic, _join):
            yield from rule(node)


def _function(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if isinstance(node, exp.Anonymous):
        yield node, f"{node.name.upper()} is not a function that both databases know.", _DOCS
    elif isinstance(node, exp.Func) and type(node).__name__ not in _FUNCTIONS:
        name = node.sql_names()[0] if type(node).sql_names() else type(node).__name__
        cause = f"{name} does not mean the same in Postgres and BigQuery."
        yield node, cause, _REMEDIES.get(type(node).__name__, _DOCS)
    elif isinstance(node, exp.Extract) and node.name.upper() not in _PARTS:
        yield node, f"EXTRACT of {node.name.upper()} counts differently in BigQuery.", "Join the calendar."


def _shape(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count) and _is_of_input(node):
        yield node, "SELECT * takes columns that a spec may add later.", "Name the columns."
    if isinstance(node, exp.Lateral | exp.Unnest | exp.Array | exp.JSONExtract | exp.JSONExtractScalar):
        yield node, "arrays, JSON and LATERAL differ in BigQuery.", "Let the loader turn it into `rows`."
    if isinstance(node, exp.RegexpLike | exp.RegexpILike | exp.SimilarTo):
        yield node, "regular expressions differ in BigQuery.", "Use LIKE."
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        yield node, "DISTINCT ON does not exist in BigQuery.", "Number the rows with ROW_NUMBER()."
    if isinstance(node, exp.SetOperation) and (node.args.get("distinct") or not isinstance(node, exp.Union)):
        yield (
            node,
            "of the set operations, only UNION ALL is allowed.",
            "Write UNION ALL, and GROUP BY above it.",
        )
    if isinstance(node, exp.Limit | exp.Offset):
        yield node, "the rows of a mart must not depend on an order.", "Number them with ROW_NUMBER()."
    if isinstance(node, exp.Order) and isinstance(node.parent, exp.Query):
        yield node, "the rows of a mart have no order.", "Leave ORDER BY out; sort where the mart is read."
    if isinstance(node, exp.Table) and node.name.startswith("__") and not node.alias:
        yield node, "an input has no alias.", "Write `FROM {{ ref('x') }} AS x`."


def _window(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if not isinstance(node, exp.Window):
        return
    spec = node.args.get("spec")
    is_ranked = isinstance(node.this, exp.RowNumber | exp.Lag | exp.Lead)
    if spec is not None and str(spec.args.get("kind")).upper() != "ROWS":
        yield node, "frames by RANGE or GROUPS differ.", "Write ROWS BETWEEN ... AND ...."
    if node.args.get("order") and spec is None and not is_ranked:
        yield node, "an ordered window without a frame depends on ties.", "Write ROWS BETWEEN ... AND ...."
    if is_ranked and not node.args.get("order"):
        yield node, "the order of the window is not given.", "Write ORDER BY with keys that are never null."
    for key in node.find_all(exp.Ordered):
        # Without NULLS FIRST or LAST, nulls are parsed as the smallest values, which is what BigQuery does.
        if bool(key.args.get("nulls_first")) == bool(key.args.get("desc")):
            cause = "BigQuery cannot sort nulls this way in a window."
            yield key, cause, "Order by a COALESCE that is never null."


def _cast(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if isinstance(node, exp.Interval):
        unit = str(node.args.get("unit") or "").upper()
        if unit not in ("DAY", "DAYS") or not _INTERVAL.match(node.name):
            yield node, "only intervals of whole days are the same.", "Write `day + INTERVAL '7' DAY`."
    if isinstance(node, exp.AtTimeZone) and not _is_day(node):
        yield node, "a local time has another type in BigQuery.", "Write CAST(x AT TIME ZONE z AS date)."
    if not isinstance(node, exp.Cast):
        return
    kind = node.to
    if kind.this.name not in _TYPES:
        cause = f"{kind.sql(dialect='postgres')} is not a type of both databases."
        yield node, cause, "Cast to text, bigint, numeric, date, timestamptz or boolean."
    elif kind.expressions:
        yield node, "BigQuery ignores the digits of numeric(p, s).", "Write CAST(x AS numeric), and ROUND it."


def _is_day(node: exp.Expr) -> bool:
    """Whether an expression is cast to a date, perhaps in parentheses."""
    from sqlglot import exp

    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, exp.Cast) and parent.to.is_type("date")


def _arithmetic(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if not isinstance(node, exp.Div):
        return
    if not node.find_ancestor(exp.Round):
        yield node, "a quotient has more digits in one database.", "Write ROUND(a / NULLIF(b, 0), 6)."
    divisor = node.expression.unnest()
    if not isinstance(divisor, exp.Nullif | exp.Literal):
        yield node, "a divisor may be 0.", "Write NULLIF(b, 0)."


def _join(node: exp.Expr) -> Iterator[Found]:
    from sqlglot import exp

    if not isinstance(node, exp.Join) or not node.side or node.args.get("using"):
        return
    on = node.args.get("on")
    if on is None or not any(isinstance(each, exp.EQ) for each in (on, *on.flatten())):
        yield node, "BigQuery needs an equality in the ON of an outer join.", "Join by account_id as well."


def _of_types(
    mart: MartSpec, sql: str, declared: Callable[[str], Columns], *, is_select: bool
) -> Iterator[Found]:
    """Rules that need types: unknown columns, differences of days, integer division, and whether the SELECT
    has the mart's columns.
    """
    from sqlglot import exp

    try:
        tree = typed_tree(mart, sql, declared)
    except ConfigurationError as error:
        yield None, error.cause, error.remedy
        return
    for node in tree.walk():
        if isinstance(node, exp.Sub) and _are(node, *exp.DataType.TEMPORAL_TYPES):
            yield node, "the difference of two days is an interval in BigQuery.", _REMEDIES["DateDiff"]
        if isinstance(node, exp.Div) and _are(node, *exp.DataType.INTEGER_TYPES):
            remedy = "Write CAST(a AS numeric) / b."
            yield node, "Postgres drops the remainder of a quotient of integers.", remedy
    if is_select:
        given = set(tree.named_selects) if isinstance(tree, exp.Query) else set()
        if given != set(mart.columns):
            wrong = ", ".join(sorted(given.symmetric_difference(mart.columns)))
            yield None, f"the SELECT and `columns` differ in {wrong}.", "Make both name the same columns."


def _are(node: Any, *kinds: Any) -> bool:
    """Whether both operands are of these types."""
    return all(each.type is not None and each.type.this in kinds for each in (node.this, node.expression))


def _is_of_input(star: exp.Expr) -> bool:
    """Whether a ``*`` or ``x.*`` takes the columns of an input, not those of the mart's own subquery."""
    from sqlglot import exp

    select = star.find_ancestor(exp.Select)
    if select is None:
        return False
    prefix = star.parent.table if isinstance(star.parent, exp.Column) else ""
    sources = [select.args.get("from_"), select.args.get("from"), *(select.args.get("joins") or ())]
    tables = [each.this for each in sources if each is not None]
    return any(
        isinstance(table, exp.Table) and table.name.startswith("__") and prefix in ("", table.alias)
        for table in tables
    )


def _line(node: Any) -> int | None:
    """The line of a node within its statement: the first line of its parts; None if no part has one."""
    if node is None:
        return None
    lines = [part.meta["line"] for part in node.walk() if "line" in part.meta]
    return min(lines, default=None)


def _header_lines(path: str) -> int:
    """The number of lines above the SELECT, including blank ones."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    body = (n for n, line in enumerate(lines) if not line.startswith("--") and line.strip())
    return next(body, len(lines))
