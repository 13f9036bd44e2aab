"""No connection to Postgres is opened without limits."""

import ast

from sellerops_runtime.home import PROJECT_ROOT

# Where connections are opened: with limits, for everybody else.
OPENERS = {"include/sellerops/base/postgres.py", "include/sellerops/ledger/database.py"}
PACKAGES = ("include/sellerops", "include/sellerops_runtime", "plugins/sellerops_airflow")


def opened_in(path):
    """Lines that open a connection or a pool by psycopg's own means."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if (called.startswith("psycopg.") and called.endswith("connect")) or called == "ConnectionPool":
                yield node.lineno


def test_every_connection_has_limits():
    """`sellerops.base.postgres.connect` opens them; another way would bring back what blocks for ever."""
    found = {
        str(path.relative_to(PROJECT_ROOT)): lines
        for package in PACKAGES
        for path in sorted((PROJECT_ROOT / package).rglob("*.py"))
        if (lines := list(opened_in(path)))
    }
    assert set(found) <= OPENERS
    assert found, "the guard found nothing to guard"
