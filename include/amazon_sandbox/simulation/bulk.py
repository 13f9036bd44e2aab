"""Files of any size for load tests: one generated block of order lines, repeated with fresh ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from amazon_sandbox.simulation.documents import Document, charset_of
from amazon_sandbox.simulation.orders import orders_on, state_at
from amazon_sandbox.simulation.report_types.all_orders import header_of, order_rows
from amazon_sandbox.simulation.sellers import Seller
from amazon_sandbox.simulation.storefront import Storefront

BLOCK_ROWS = 5_000
_MARK = "@@@@@@@"  # seven characters that no generated value contains; replaced by the repetition's number
_LAST_DAY = date(2026, 10, 31).toordinal()


def bulk_orders(storefront: Storefront, seller: Seller, rows: int) -> Document:
    """An all-orders file of exactly `rows` data lines with unique order-item ids, streamed in constant
    memory.

    Apart from the ids, the lines repeat every 5,000 rows: sizes, charset and oddities match those of real
    files, but the totals do not.
    """
    charset = charset_of([storefront.marketplace])
    return Document(_chunks(storefront, seller, rows, charset.codec), charset.content_type)


def _chunks(storefront: Storefront, seller: Seller, rows: int, codec: str) -> Iterator[bytes]:
    yield ("\t".join(header_of(seller.region)) + "\r\n").encode(codec)
    if rows <= 0:
        return
    lines = _block(storefront, seller, min(rows, BLOCK_ROWS), codec)
    mark = _MARK.encode()
    whole = b"".join(lines)
    for repetition in range(rows // len(lines)):
        yield whole.replace(mark, b"%07d" % repetition)
    rest = rows % len(lines)
    if rest:
        yield b"".join(lines[:rest]).replace(mark, b"%07d" % (rows // len(lines)))


def _block(storefront: Storefront, seller: Seller, rows: int, codec: str) -> list[bytes]:
    """`rows` lines whose ids are <prefix>-MARK-<order in the block> and MARK<line in the block>."""
    lines: list[bytes] = []
    orders = 0
    day = _LAST_DAY
    while len(lines) < rows:
        for order in orders_on(storefront, day):
            orders += 1
            items = tuple(
                item._replace(item_id=f"{_MARK}{len(lines) + index:07d}")
                for index, item in enumerate(order.items)
            )
            renamed = order._replace(order_id=f"{order.order_id[:3]}-{_MARK}-{orders:07d}", items=items)
            state = state_at(renamed, renamed.shipped or renamed.cancelled)
            if state is not None:
                rows_text = order_rows(storefront, renamed, state, seller.region)
                lines.extend(("\t".join(row) + "\r\n").encode(codec) for row in rows_text)
        day -= 1
    return lines[:rows]
