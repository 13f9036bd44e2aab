"""What changes something at Amazon is sent by the write path, or by a module named here with its reason."""

import ast

from sellerops_runtime.home import PROJECT_ROOT

PACKAGES = ("include/sellerops", "plugins/sellerops_airflow", "dags")
# The functions by which a request leaves, and the position of its method.
SENDERS = {"call": 1, "request": 0, "bounded_request": 1, "exchange": 1, "_request": None}
CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
SENDING = {
    "include/sellerops/writes/writer.py": "the write path",
    "include/sellerops/collect/account_calls.py": "reads: refuses what is not in READING_POSTS",
    "include/sellerops/inbound/amazon_lists.py": "reads: refuses what is not in READING_POSTS",
    "include/sellerops/sources/amazon_sp/client.py": "createRestrictedDataToken: a token changes nothing",
    "include/sellerops/sources/amazon_sp/data_kiosk.py": "createQuery: claimed by collect.creation",
    "include/sellerops/sources/amazon_sp/library.py": "createReport: as above; cancelReport may be repeated",
    "include/sellerops/sources/amazon_sp/notifications.py": "set up by a person; a second one is refused",
    "include/sellerops/sources/amazon_sp/transport.py": "passes on the requests of the others",
    "include/sellerops/sources/amazon_ads/exports.py": "createExport: claimed by collect.creation",
    "include/sellerops/sources/amazon_ads/reports.py": "createAdsReport: as above; deletions may be repeated",
    "include/sellerops/sources/amazon_ads/transport.py": "passes on the requests of the others",
    "include/sellerops/sources/seller_portal/visits.py": "asks a page for a file: claimed by collect",
    "include/sellerops/sources/seller_portal/pages/ads_console.py": "as above",
    "include/sellerops/browsers/devtools.py": "opens a tab of a local browser",
    "include/sellerops/sources/common/lwa.py": "logs in",
    "include/sellerops/sources/common/transport.py": "passes on the requests of the others",
}


def is_sending(node):
    """Whether a call sends, or may send, a request with another method than GET."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    if name not in SENDERS:
        return False
    constants = {
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }
    if constants & CHANGING:
        return True
    at = SENDERS[name]
    if at is None or len(node.args) <= at:
        return False
    return not (isinstance(node.args[at], ast.Constant) and node.args[at].value in ("GET", "HEAD"))


def test_only_the_write_path_changes_something_at_amazon():
    """Whoever sends a POST of his own sends it again after a time-out, or never learns what it did."""
    found = {
        str(path.relative_to(PROJECT_ROOT))
        for package in PACKAGES
        for path in sorted((PROJECT_ROOT / package).rglob("*.py"))
        if any(
            is_sending(node)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        )
    }
    assert found == set(SENDING)
