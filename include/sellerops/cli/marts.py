"""`marts list|show|run|lineage|test|docs`: the marts, and where their figures come from."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from psycopg.rows import dict_row

from sellerops.base.errors import ConfigurationError
from sellerops.cli.arguments import day, require
from sellerops.cli.destinations import address_of
from sellerops.cli.tables import print_table
from sellerops.cli.warehouse import open_ledger, warehouse_is_known
from sellerops.ledger import Ledger
from sellerops.marts.build import MartBuilder
from sellerops.marts.computed import COMPUTED
from sellerops.marts.graph import unknown_days
from sellerops.marts.inputs import declared_columns
from sellerops.marts.lineage import column_sources, figure_sources, upstream
from sellerops.marts.lint import check_mart
from sellerops.marts.opening import open_builder
from sellerops.marts.pages import dialect_files, marts_page, sql_in
from sellerops.marts.specs import GROUPS, MartSpec, load_mart, load_marts, marts_and_failures
from sellerops.marts.trees import Columns
from sellerops.settings.known_destinations import DESTINATIONS
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.mart_tables import Span

_STATES = """
    SELECT mart, max(built_at) AS built_at, sum(seconds) FILTER (WHERE place = 1) AS seconds,
           sum(waiting) AS waiting
    FROM (
        SELECT mart, built_at, seconds, 0 AS waiting,
               row_number() OVER (PARTITION BY mart ORDER BY id DESC) AS place
        FROM sellerops.mart_build WHERE destination = %(destination)s
        UNION ALL
        SELECT mart, NULL, NULL, 1, 0 FROM sellerops.mart_pending WHERE destination = %(destination)s
    ) AS events GROUP BY mart
"""


def add(commands: Any) -> None:
    parser = commands.add_parser("marts", help="tables that answer questions: profit, stock, ads, demand")
    actions = parser.add_subparsers(required=True, metavar="action")
    listing = actions.add_parser("list", help="all marts, when each was rebuilt, and what waits")
    _add_destination(listing)
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="columns, inputs and SELECT of a mart")
    show.add_argument("mart", help="name of a mart (`sellerops marts list`)")
    _add_destination(show, "print the SELECT in this destination's dialect (default: %(default)s)")
    show.set_defaults(run=_show)
    run = actions.add_parser("run", help="rebuild what has changed, or the days you choose")
    run.add_argument("--mart", action="append", help="only this mart; may be repeated")
    run.add_argument("--group", choices=GROUPS, help="only the marts of this group")
    run.add_argument("--account")
    run.add_argument("--from", dest="first", type=day, help="rebuild days from this one, changed or not")
    run.add_argument("--to", dest="last", type=day, help="rebuild days up to this one, changed or not")
    run.add_argument("--full", action="store_true", help="rebuild all days")
    _add_destination(run)
    run.set_defaults(run=_run)
    lineage = actions.add_parser("lineage", help="where a mart, a column or a figure comes from")
    lineage.add_argument("mart", help="name of a mart (`sellerops marts list`)")
    lineage.add_argument("--column", help="the inputs' columns that this column is made of")
    lineage.add_argument("--account", help="with --day: the rows, documents and runs behind its figures")
    lineage.add_argument("--marketplace", help="country code, for example DE")
    lineage.add_argument("--day", type=day, help="day of the figure")
    _add_destination(lineage)
    lineage.set_defaults(run=_lineage)
    test = actions.add_parser("test", help="check the SELECTs, and run the tests on the stored rows")
    test.add_argument("mart", nargs="*", help="names (default: all marts)")
    _add_destination(test)
    test.set_defaults(run=_test)
    docs = actions.add_parser("docs", help="print the page docs/mart-tables.md")
    for name in sorted(set(DESTINATIONS) - {"postgres"}):
        docs.add_argument(
            f"--{name}",
            dest="files",
            metavar="FOLDER",
            type=lambda folder, name=name: (name, Path(folder)),
            help=f"write each SELECT in the dialect of {name} to this folder",
        )
    docs.set_defaults(run=_docs)


def _add_destination(parser: argparse.ArgumentParser, text: str | None = None) -> None:
    parser.add_argument("--destination", choices=sorted(DESTINATIONS), default="postgres", help=text)


def _list(options: argparse.Namespace) -> int:
    states: dict[str, dict[str, Any]] = {}
    if warehouse_is_known():
        with closing(open_ledger()) as ledger, ledger.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            found = cursor.execute(_STATES, {"destination": options.destination})
            states = {row["mart"]: row for row in found}
    rows = [
        (
            mart.name,
            mart.group,
            ", ".join(mart.grain),
            states.get(mart.name, {}).get("built_at"),
            states.get(mart.name, {}).get("waiting"),
            mart.description,
        )
        for mart in load_marts()
    ]
    header = ("mart", "group", "one row per", "rebuilt", "waiting", "description")
    print_table(header, rows, empty="There are no marts.", optional=("rebuilt", "waiting"))
    return 0


def _show(options: argparse.Namespace) -> int:
    mart = load_mart(options.mart)
    print(f"{mart.name}: {mart.description}\nOne row per {', '.join(mart.grain)}. Group: {mart.group}.\n")
    print_table(
        ("column", "type", "unit", "meaning"),
        [(name, each.type.value, each.unit, each.description) for name, each in mart.columns.items()],
        empty="",
        optional=("unit",),
    )
    print("\nReads " + ", ".join(mart.inputs) + ".\n")
    if not mart.computed:
        print(sql_in(mart, options.destination))
    return 0


def _run(options: argparse.Namespace) -> int:
    with closing(open_ledger()) as ledger:
        builder = _builder(ledger, options.destination)
        names = {load_mart(name).name for name in options.mart or ()}
        chosen = [
            mart
            for mart in builder.marts
            if (not names or mart.name in names)
            and options.group in (None, mart.group)
            and (not mart.computed or mart.name in COMPUTED)
        ]
        builder.look()
        if options.first or options.last or options.full:
            span = Span(options.account or "", None, options.first, options.last)
            for mart in chosen:
                builder.queue(mart, builder.of_accounts(span), cause="by hand")
        built = [builder.build(mart) for mart in chosen]
    rows = [
        (each.mart, len(each.spans), each.counts.deleted, each.counts.inserted, round(each.seconds, 2))
        for each in built
        if each.spans
    ]
    header = ("mart", "spans", "deleted", "inserted", "seconds")
    print_table(header, rows, empty="No input has changed.")
    return 0


def _lineage(options: argparse.Namespace) -> int:
    mart = load_mart(options.mart)
    marts = {each.name: each for each in load_marts()}
    if options.column:
        columns = _columns_of(marts)
        rows: list[tuple[Any, ...]] = list(column_sources(mart, options.column, columns))
        print_table(("input", "column"), rows, empty="The column is a constant, or counts rows.")
        return 0
    if not options.day:
        for depth, name in upstream(marts, mart):
            print(f"{'  ' * depth}{name}")
        return 0
    if not options.account:
        raise ConfigurationError("--day needs --account.", remedy="Name the account of the figure.")
    marketplace_id = marketplace(options.marketplace).id if options.marketplace else None
    span = Span(options.account, marketplace_id, options.day, options.day)
    with closing(open_ledger()) as ledger, ledger.connection() as connection:
        found = figure_sources(_builder(ledger, options.destination), connection, mart, span)
    print_table(
        ("table", "through", "rows", "load", "reported", "request", "run", "document"),
        [
            (
                each.table,
                " > ".join(each.via),
                each.rows,
                each.load.id if each.load else None,
                each.load.reported_at if each.load else None,
                each.load.request_id if each.load else None,
                f"{each.load.dag_id} {each.load.run_id}".strip() if each.load else None,
                each.load.uri if each.load else None,
            )
            for each in found
        ],
        empty="No input has rows of that day.",
        optional=("through", "request", "run"),
    )
    return 0


def _test(options: argparse.Namespace) -> int:
    marts, failures = marts_and_failures()
    by_name = {mart.name: mart for mart in marts}
    for name in options.mart:
        require("mart", name, by_name)
    chosen = [mart for mart in marts if not options.mart or mart.name in options.mart]
    errors: list[Exception] = [failure.error for failure in failures]
    errors += unknown_days(marts)
    for mart in chosen:
        errors += check_mart(mart, _columns_of(by_name))
    if warehouse_is_known():
        with closing(open_ledger()) as ledger:
            builder = _builder(ledger, options.destination)
            errors += [error for mart in chosen for error in builder.mistakes(mart)]
    for error in errors:
        print(f"error: {error}")
    print(f"{len(chosen)} marts, {len(errors)} problems.")
    return 1 if errors else 0


def _docs(options: argparse.Namespace) -> int:
    if options.files is None:
        print(marts_page(load_marts()), end="")
        return 0
    dialect, folder = options.files
    wanted = dialect_files(load_marts(), dialect)
    for path in folder.glob(f"*.{dialect}.sql"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


def _columns_of(marts: Mapping[str, MartSpec]) -> Any:
    declared = declared_columns()

    def columns_of(name: str) -> Columns:
        if "." in name:
            return declared(name)
        require("mart", name, marts)
        return {column: each.type for column, each in marts[name].columns.items()}

    return columns_of


def _builder(ledger: Ledger, destination: str) -> MartBuilder:
    address = address_of(destination, ledger.database.conninfo)
    return open_builder(ledger, destination, address)
