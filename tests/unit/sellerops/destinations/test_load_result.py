"""What logs say of a load: what became of the rows, and only what there is to say."""

from __future__ import annotations

from sellerops.destinations import LoadResult


def result(**changes: object) -> LoadResult:
    values = {
        "load_id": 7,
        "table": "amazon_sp.sales_daily",
        "rows_in_file": 1234,
        "stored": 1234,
        "seconds": 0.24,
        **dict.fromkeys(("rejected", "inserted", "updated", "unchanged", "superseded", "replaced"), 0),
    }
    return LoadResult(**{**values, **changes})  # type: ignore[arg-type]


def test_a_load_is_described_in_one_line() -> None:
    assert str(result(inserted=1234)) == (
        "amazon_sp.sales_daily: 1,234 of 1,234 rows stored (1,234 new); load 7, 0.2 s"
    )
    assert str(result(rows_in_file=0, stored=0)) == "amazon_sp.sales_daily: 0 of 0 rows stored; load 7, 0.2 s"


def test_everything_unusual_is_named() -> None:
    text = str(
        result(
            stored=1230,
            rejected=4,
            inserted=1,
            updated=2,
            unchanged=3,
            superseded=1224,
            replaced=5,
            damaged_texts=6,
            new_columns=("promo",),
            missing_columns=("sku",),
        )
    )
    assert text == (
        "amazon_sp.sales_daily: 1,230 of 1,234 rows stored (1 new, 2 changed, 3 unchanged, 1,224 older than "
        "the stored ones); 4 rejected, 5 earlier rows replaced, 6 damaged texts marked, new columns: promo, "
        "not in the document: sku, load 7, 0.2 s"
    )
