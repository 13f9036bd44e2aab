"""The pages of a query's result. Each page is a query of its own, linked to the previous one.

The next page's row is opened before the page that announces it is recorded as DONE, so no crash can lose it.
Its options name the previous query and the page token.
"""

from __future__ import annotations

from sellerops.collect.context import Tools
from sellerops.ledger import ReportRequest, RequestKey, RunRef
from sellerops.ledger.database import Connection
from sellerops.sources.common.paging import PageWatch
from sellerops.sources.common.report_api import AFTER, TOKEN

# Half a day at createQuery's rate; real results have a few pages.
MOST_PAGES = 1_000


class ResultPages:
    """The archived pages of one result, in order; ``ids``: the requests of the pages that count.

    Raises UnexpectedAnswer for a result that does not end: a token repeats, too many pages in a row repeat
    earlier ones, or there are too many pages.
    """

    def __init__(self, where: str) -> None:
        self.ids: tuple[int, ...] = ()
        self._watch = PageWatch("createQuery", where, most_pages=MOST_PAGES)

    def add(self, page: ReportRequest) -> None:
        """Add a page; one that repeats an earlier page under another token does not count."""
        if TOKEN in page.options:
            self._watch.use(page.options[TOKEN])
        if not self._watch.is_repeat([page.content_sha256]):
            self.ids = (*self.ids, page.id)


def open_next_page(tools: Tools, request: ReportRequest, token: str, run: RunRef) -> ReportRequest:
    """Find or open the request of the page after ``request``."""
    assert request.report_id is not None
    options = {**request.options, AFTER: request.report_id, TOKEN: token}
    return _find_or_open(tools, request, options, run)


def find_next_page(tools: Tools, request: ReportRequest, run: RunRef) -> ReportRequest | None:
    """The request of the page after ``request``, opened again if it failed; None after the last page."""
    following = tools.ledger.database.run(lambda connection: _options_after(connection, request))
    return _find_or_open(tools, request, following, run) if following else None


def _find_or_open(
    tools: Tools, request: ReportRequest, options: dict[str, str], run: RunRef
) -> ReportRequest:
    key = RequestKey(
        source=request.source,
        report_type=request.report_type,
        account_id=request.account_id,
        marketplace_ids=request.marketplace_ids,
        window_start=request.window_start,
        window_end=request.window_end,
        options=options,
    )
    return tools.ledger.find_or_open_request(key, fresh_after=None, run=run)


def _options_after(connection: Connection, request: ReportRequest) -> dict[str, str] | None:
    row = connection.execute(
        """
        SELECT options FROM sellerops.report_request
        WHERE id > %(id)s AND account_id = %(account_id)s AND report_type = %(report_type)s
          AND options ->> %(after)s = %(report_id)s
        ORDER BY id DESC LIMIT 1
        """,
        {
            # A page's row is newer than the previous page's; this lets the key's index skip years of rows.
            "id": request.id,
            "account_id": request.account_id,
            "report_type": request.report_type,
            "after": AFTER,
            "report_id": request.report_id,
        },
    ).fetchone()
    return dict(row["options"]) if row else None
