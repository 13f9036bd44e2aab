"""The file: 30 typed columns, raw quotes, text in several scripts, 0.1 % of the rows with a bad number."""

from __future__ import annotations

import gzip
import hashlib
import itertools
from datetime import UTC, datetime
from pathlib import Path

from sellerops.calendar.slices import Slice
from sellerops.settings.specs import ReportSpec

ROWS_PER_PART = 100_000
REPORTED_AT = datetime(2026, 11, 20, tzinfo=UTC)
_NAMES = (
    'Kettle 6" steel',
    "Théière en fonte",
    'Yoga mat "Pro" 6 mm',
    "Müslischale, groß",
    "Plain mug",
    "日本茶 100g",
    "Çaydanlık",
    "Żółty kubek",
)
_CITIES = ("Springfield", "Zürich", "São Paulo", "Łódź", "大阪市", "Portland")
COLUMNS: dict[str, str] = {
    "amazon_order_id": "text",
    "merchant_order_id": "text",
    "purchase_date": "timestamp",
    "last_updated_date": "timestamp",
    "order_status": "text",
    "fulfillment_channel": "text",
    "sales_channel": "text",
    "order_channel": "text",
    "ship_service_level": "text",
    "product_name": "text",
    "sku": "text",
    "asin": "text",
    "item_status": "text",
    "quantity": "integer",
    "currency": "text",
    "item_price": "decimal",
    "item_tax": "decimal",
    "shipping_price": "decimal",
    "shipping_tax": "decimal",
    "gift_wrap_price": "decimal",
    "gift_wrap_tax": "decimal",
    "item_promotion_discount": "decimal",
    "ship_promotion_discount": "decimal",
    "ship_city": "text",
    "ship_state": "text",
    "ship_postal_code": "text",
    "ship_country": "text",
    "promotion_ids": "text",
    "is_business_order": "text",
    "order_item_id": "text",
}


def bench_spec(kind: str = "tsv") -> ReportSpec:
    """All orders, with 30 columns and a natural key; ``kind``: tsv or csv."""
    return ReportSpec.model_validate(
        {
            "name": "bench_orders",
            "source": "bench",
            "report_type": "BENCH",
            "family": "orders",
            "description": "benchmark",
            "scope": "account_region",
            "schedule": {"between": ["01:00-02:00"], "timezone": "UTC"},
            "period": {"kind": "range", "clock": "utc"},
            "format": {"kind": kind},
            "tables": {
                "orders": {
                    "write_disposition": "merge",
                    "primary_key": ["amazon_order_id", "sku"],
                    "version": "last_updated_date",
                    "columns": {name: {"type": each} for name, each in COLUMNS.items()},
                }
            },
        }
    )


def bench_slice() -> Slice:
    return Slice(
        "bench",
        "bench_orders",
        "northwind",
        "NA",
        ("US", "CA"),
        "bench",
        "UTC",
        first_day="2026-11-19",
        last_day="2026-11-19",
        window_start="2026-11-19T00:00:00+00:00",
        window_end="2026-11-20T00:00:00+00:00",
    )


def header() -> bytes:
    return ("\t".join(name.replace("_", "-") for name in COLUMNS) + "\r\n").encode()


def part(first: int, count: int) -> bytes:
    """Rows ``first`` to ``first + count``; the same numbers give the same bytes."""
    return "".join(_row(number) for number in range(first, first + count)).encode()


def _row(n: int) -> str:
    day = f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:{n * 7 % 60:02}+00:00"
    quantity = "two" if n % 1000 == 500 else str(n % 5 + 1)
    fields = (
        f"{100 + n % 900}-{n // 900:07}-{n * 13 % 10_000_000:07}", f"{n:012}", day, day, "Shipped", "Amazon",
        "Amazon.com", "", "Standard", f"{_NAMES[n % 8]} {n % 977} {'x' * (n % 40)}", f"{n % 5000:07}",
        f"B0{n % 5000:08}", "Shipped", quantity, "USD", f"{n % 397 + 3}.{n % 100:02}",
        f"{n % 31}.{n % 100:02}", "0.00", "", "", "", "", "1.50" if n % 3 == 0 else "", _CITIES[n % 6], "IL",
        f"{n % 99999:05}", "US", f"PAWS-{n % 50}", "false", str(10_000_000_000_000 + n),
    )  # fmt: skip
    return "\t".join(fields) + "\r\n"


def write_file(path: Path, rows: int) -> None:
    """Write the plain file, and its gzip as in the archive."""
    with path.open("wb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=3) as packed:
        chunks = itertools.chain(
            [header()], (part(n, min(ROWS_PER_PART, rows - n)) for n in range(0, rows, ROWS_PER_PART))
        )
        digest = hashlib.sha256()
        for chunk in chunks:
            plain.write(chunk)
            packed.write(chunk)
            digest.update(chunk)
    name_by_hash(Path(f"{path}.gz"), digest.hexdigest())


def write_packed(path: Path, megabytes: int) -> None:
    """Write a gzip that decodes to ``megabytes`` MB: the rows of one part, compressed once and repeated."""
    body = part(0, ROWS_PER_PART)
    packed, digest = gzip.compress(body, 3), hashlib.sha256(header())
    with path.open("wb") as out:
        out.write(gzip.compress(header(), 3))
        for _ in range(-(-megabytes * 1_000_000 // len(body))):
            out.write(packed)
            digest.update(body)
    name_by_hash(path, digest.hexdigest())


def name_by_hash(path: Path, sha256: str) -> None:
    """Rename the file as the archive does, which checks the hash while reading; link ``path`` to it."""
    document = path.with_name(f"{sha256}.gz")
    path.rename(document)
    path.symlink_to(document.name)
