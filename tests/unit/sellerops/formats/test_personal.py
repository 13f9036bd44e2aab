"""Unknown columns whose names read like personal data are recognised; business ones are not."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from support.specs import shipped_specs
from unit.sellerops.formats import helpers

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, RowStream, open_rows, tree_rows
from sellerops.formats.personal_columns import looks_personal
from sellerops.formats.rows import TextRows
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import load_spec

# Declared, on purpose, as columns of main tables: the seller's own addresses of inbound shipments, and where
# an order went to, as tax and sales reports need it.
OWN_ADDRESSES = frozenset({"inbound_plans", "awd_inbound_shipments"})
PLACES = frozenset({"ship_city", "ship_postal_code", "cpf"})
# Declared personal beside the lines they belong to, though the word alone is none.
BESIDE = frozenset({"bill_state", "bill_country"}) | {
    # What people wrote, and lists of addresses and numbers.
    "chat_transcript", "chat_events", "cc_emails", "appointments", "short_description",
    # Where buyers live, in payments files.
    "order_state", "order_postal",
}  # fmt: skip

PERSONAL = """
BuyerInfo.BuyerEmail
BuyerInfo.BuyerName
BuyerInfo.BuyerTaxInfo.CompanyLegalName
buyerInfo.giftMessageText
ShippingAddress.Name
ShippingAddress.AddressLine1
ShippingAddress.City
ShippingAddress.PostalCode
ShippingAddress.Phone
ShippingAddress.ExtendedFields.StreetNumber
shipping_address_postal_code
recipient-name
buyer-phone-number
Ship Phone Number
ship-address-2
bill_postal_code
Delivery Instructions
customer email
Last Name
city__2
gift-message-text
Käufer-E-Mail
Empfängername
Postleitzahl
Nom de l'acheteur
Code postal
Ciudad
Código postal
Indirizzo di consegna
購入者氏名
郵便番号
お届け先住所
"""

BUSINESS = """
product-name
item-name
brand_name
marketplace_name
campaignName
portfolioName
advertiserName
store-name
merchant-shipping-group
ship-service-name
carrier_name
warehouse_name
fulfillment-center-city
DefaultShipFromLocationAddress.City
ShippingAddress.CountryCode
ShippingAddress.StateOrRegion
ShippingAddress.AddressType
ship-country
ship-state
BuyerInfo.PurchaseOrderNumber
Sortierung
Versandart
Nom du produit
Nombre del producto
商品名
capacity
velocity
electricity
recipient-count
"""


@pytest.mark.parametrize("name", PERSONAL.strip().splitlines())
def test_personal_names_are_recognised(name: str) -> None:
    assert looks_personal(name)


@pytest.mark.parametrize("name", BUSINESS.strip().splitlines())
def test_business_names_are_not(name: str) -> None:
    assert not looks_personal(name)


def test_no_declared_column_would_be_mistaken_but_those_that_are_personal() -> None:
    """Held against every column of the catalogue, by our name and by all of Amazon's."""
    mistaken, missed, seen = set(), set(), 0
    for spec in shipped_specs():
        for table in spec.tables.values():
            for name, column in table.columns.items():
                seen += 1
                hit = any(looks_personal(each) for each in (name, column.source or "", *column.also))
                if column.personal and not hit:
                    missed.add(name)
                if hit and not column.personal and spec.name not in OWN_ADDRESSES:
                    mistaken.add(name)
    assert seen > 3_000
    assert mistaken == PLACES
    assert missed == BESIDE


def test_rules_that_are_no_words_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in config_dir().iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "personal_columns.yaml").unlink()
    (tmp_path / "personal_columns.yaml").write_text("always: email\n")
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    with pytest.raises(ConfigurationError, match="lists of words"):
        looks_personal("email")


ORDERS = load_spec("all_orders")
SLICE = Slice(
    "amazon_sp", "all_orders", "northwind", "NA", ("US",), "2026-11-20", "UTC", first_day="2026-11-20",
    last_day="2026-11-20", window_start="2026-11-20T00:00:00+00:00", window_end="2026-11-21T00:00:00+00:00",
)  # fmt: skip
HEADER = (
    "buyer-email\tamazon-order-id\tlast-updated-date\tsku\tasin\tsales-channel\tnew-thing\trecipient-name"
)
LINE = "a@b.example\tO-{0}\t2026-11-20T10:00:00+00:00\tS\tA\tAmazon.com\tx{0}\tAda"


def opened(content: str, rejects: list[RowReject]) -> RowStream:
    return open_rows(
        ORDERS.tables["all_orders"],
        io.BytesIO(content.encode()),
        file_format=ORDERS.format,
        slice_=SLICE,
        on_reject=rejects.append,
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_they_are_cut_out_of_lines_that_are_handed_on_as_text(end: str) -> None:
    lines = [HEADER, *(LINE.format(number) for number in range(3))]
    stream = opened(end.join([*lines, ""]), [])
    assert stream.drift.added == {"new_thing": "new-thing"}
    assert stream.drift.personal == {"buyer_email": "buyer-email", "recipient_name": "recipient-name"}
    texts = [rows for rows in stream.texts() if isinstance(rows, TextRows)]
    assert [rows.columns for rows in texts] == [
        ("amazon_order_id", "last_updated_date", "sku", "asin", "sales_channel", "new_thing")
    ]
    lines = pa.concat_arrays([rows.lines for rows in texts]).cast(pa.string()).to_pylist()
    assert lines == [f"O-{n}\t2026-11-20T10:00:00+00:00\tS\tA\tAmazon.com\tx{n}{end}" for n in range(3)]


def test_they_are_not_among_typed_rows_nor_rejected_ones() -> None:
    rejects: list[RowReject] = []
    stream = opened(
        "\n".join([HEADER, LINE.format(1), LINE.format(2).replace("O-2", ""), LINE.format(3) + "\tmore", ""]),
        rejects,
    )
    rows = [row for batch in stream for row in batch.to_pylist()]
    assert [row["new_thing"] for row in rows] == ["x1"]
    assert not {"buyer_email", "recipient_name"} & set(rows[0])
    assert "buyer_email" not in stream.schema.names
    assert len(rejects) == 2
    assert "a@b.example" not in repr(rejects)


def test_a_line_hash_confirms_no_guess_of_them() -> None:
    """Rows without a key are identified by a hash of what is stored."""
    spec = load_spec("fba_customer_returns")
    slice_ = replace(SLICE, report=spec.name)
    hashes = []
    for header, cell in (("buyer-email", "a@b.example"), ("buyer-email", "c@d.example"), ("status", "")):
        content = f"return-date\torder-id\tsku\t{header}\n2026-11-20T10:00:00+00:00\tO-1\tS\t{cell}\n"
        stream = open_rows(
            spec.tables["fba_customer_returns"],
            io.BytesIO(content.encode()),
            file_format=spec.format,
            slice_=slice_,
            on_reject=lambda _: None,
        )
        hashes += [row["line_hash"] for batch in stream for row in batch.to_pylist()]
    assert len(hashes) == 3
    assert len(set(hashes)) == 1


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
@pytest.mark.parametrize("value", ['"a@b.example"', '[{"email": "a@b.example"}]'])
def test_items_from_the_first_with_such_on_are_refused_without_their_text(
    batch: int, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which rows are looked at together does not show in what is kept of refused ones."""
    monkeypatch.setattr(tree_rows, "BATCH_ITEMS", batch)
    key = "email" if value.startswith('"') else "buyers"
    items = ['{"sku": "a"}', '{"n": 1}', "5", f'{{"n": 2, "{key}": {value}}}', '{"n": 3}', "6"]
    spec = helpers.table({"sku": {"type": "text", "from": "sku"}, "n": {"type": "integer", "from": "n"}})
    found = helpers.Read(f"[{', '.join(items)}]".encode(), spec, kind="json")
    assert {each.source_line: each.raw_line for each in found.rejects} == {
        2: items[1],
        3: items[2],
        4: None,
        5: None,
        6: None,
    }
    assert found.stream.drift.personal == {key: key}
