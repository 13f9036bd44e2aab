"""Headers under other names, in translation and by position: found, or the document is refused."""

from __future__ import annotations

import pytest
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import UnreadableDocument

LISTINGS = table(
    {
        "seller_sku": {"required": True},
        "item_name": "text",
        "price": "decimal",
        "quantity": "integer",
        "asin1": {"also": ["asin", "product-id"]},
    }
)
FEEDBACK = table(
    {
        "date": {"required": True},
        "rating": {"type": "integer", "required": True},
        "comments": "text",
        "response": "text",
        "order_id": {"required": True},
        "rater_email": "text",
    },
    primary_key=("order_id", "date"),
)
VALUES = "2026-11-02\t5\tgood\tthanks\t123-1\tx@example.com\n"


def feedback(header: str, values: str = VALUES) -> Read:
    return Read(f"{header}\n{values}".encode(), FEEDBACK, headers="position")


@pytest.mark.parametrize(
    "header",
    [
        "Verkäufer-SKU\tArtikelbezeichnung\tPreis\tMenge\tASIN 1",
        "SKU vendeur\tNom de l'article\tPrix\tQuantité\tASIN 1",
        "出品者SKU\t商品名\t価格\t数量\tASIN 1",
        "seller-sku\tArtikelbezeichnung\tPreis\tMenge\tasin1",
    ],
)
def test_translated_headers_are_the_english_ones(header: str) -> None:
    read = Read(f"{header}\na\tKanne\t1.50\t3\tB0\n".encode(), LISTINGS)
    row = read.rows[0]
    assert (row["seller_sku"], row["item_name"], row["quantity"], row["asin1"]) == ("a", "Kanne", 3, "B0")
    assert not read.stream.drift.added and not read.stream.drift.missing


def test_a_single_foreign_word_in_an_english_file_is_a_new_column() -> None:
    read = Read(b"seller-sku\titem-name\tprice\tMenge\tasin1\na\tx\t1\t3\tB0\n", LISTINGS)
    assert read.stream.drift.missing == ["quantity"] and read.rows[0]["menge"] == "3"


def test_words_that_could_mean_two_columns_are_not_guessed() -> None:
    spec = table({"sku": {"required": True}, "status": "text", "item_condition": "text", "condition": "text"})
    read = Read(b"SKU\tEstado\tCantidad\tPrecio\na\tx\t1\t2\n", spec)
    assert read.rows[0]["estado"] == "x" and read.rows[0]["status"] is None


def test_an_unknown_language_is_refused_with_what_was_found() -> None:
    with pytest.raises(UnreadableDocument, match="seller-sku") as caught:
        Read("Säljar-SKU\tPris\tAntal\na\t1\t2\n".encode(), LISTINGS)
    assert "Säljar-SKU" in str(caught.value)


def test_another_header_of_a_column_is_the_column() -> None:
    read = Read(b"seller-sku\tproduct-id\na\tB0\n", LISTINGS)
    assert read.column("asin1") == ["B0"] and not read.stream.drift.added


def test_of_two_headers_of_a_column_the_specs_first_wins_and_both_are_kept() -> None:
    read = Read(b"seller-sku\tproduct-id\tasin\na\tB1\tB2\n", LISTINGS)
    assert read.column("asin1") == ["B2"] and read.column("asin1__2") == ["B1"]
    assert read.stream.drift.duplicated == ["asin1__2"]


@pytest.mark.parametrize(
    "header",
    [
        "Datum\tBetyg\tKommentarer\tDitt svar\tOrder-ID\tBedömarens e-post",
        "Datum\tBewertung\tKommentare\tIhre Antwort\tBestellnummer\tE-Mail",
        "a\tb\tc\td\te\tf",
    ],
)
def test_columns_of_a_fixed_order_are_found_in_any_language(header: str) -> None:
    row = feedback(header).rows[0]
    assert (row["date"], row["rating"], row["order_id"]) == ("2026-11-02", 5, "123-1")
    assert row["comments"] == "good"


def test_columns_beyond_a_fixed_order_are_unknown_ones() -> None:
    read = feedback("a\tb\tc\td\te\tf\tnytt", VALUES.replace("\n", "\t7\n"))
    assert read.rows[0]["nytt"] == "7" and read.rows[0]["order_id"] == "123-1"


def test_known_headers_in_another_order_are_found_by_name() -> None:
    header = "Order ID\tDate\tRating\tComments\tResponse\tRater Email"
    read = feedback(header, "123-1\t2026-11-02\t5\tgood\tthanks\tx@example.com\n")
    assert read.rows[0]["order_id"] == "123-1" and read.rows[0]["rating"] == 5


def test_fewer_columns_than_the_fixed_order_has_are_refused() -> None:
    with pytest.raises(UnreadableDocument, match="5 columns; the fixed order has at least 6"):
        feedback("a\tb\tc\td\te", "1\t2\t3\t4\t5\n")


def test_a_known_header_at_another_place_contradicts_the_order() -> None:
    with pytest.raises(UnreadableDocument, match="not in the position of `order_id`"):
        feedback("order-id\tb\tc\td\te\tf")
    with pytest.raises(UnreadableDocument, match="required columns are missing"):
        feedback("new\tdate\trating\tcomments\tresponse\trater-email")


def test_one_unknown_header_in_its_place_is_the_column_of_that_place() -> None:
    """A personal column must not land as an unknown one for the want of a word."""
    read = feedback("Date\tRating\tComments\tResponse\tOrder ID\tMél de l'acheteur")
    assert read.column("rater_email") == ["x@example.com"]
    assert not read.stream.drift.added


def test_one_unknown_header_beside_columns_that_moved_is_no_column() -> None:
    read = feedback(
        "Rating\tDate\tComments\tResponse\tOrder ID\tMél de l'acheteur",
        "5\t2026-11-02\tgood\tthanks\t123-1\tx@example.com\n",
    )
    assert read.column("rating") == [5]
    assert list(read.stream.drift.personal.values()) == ["Mél de l'acheteur"]


RESTOCK = "Total Days of Supply (including units from open shipments)"


@pytest.mark.parametrize(
    ("own", "written"),
    [
        ("starting-warehouse-balance", "StartingWarehouseBalance"),
        ("starting-warehouse-balance", "Starting Warehouse balance"),
        ("Warehouse Transfer In/Out", "WarehouseTransferIn/Out"),
        ("fulfillment-channel", "fulfilment-channel"),
        ("expected-domestic-fulfilment-fee-per-unit", "Expected Domestic Fulfillment Fee (per unit)"),
        ("fulfillment-center-id", "Fulfilment Centre ID"),
        ("catalog-colour", "Catalogue Color"),
        ("cancelled-quantity", "Canceled Quantity"),
        ("country-code", "Country/Region Code"),
        ("country", "Country / Region"),
        ("merchant-sku", "Merchant\u00a0SKU"),
        ("merchant-sku", "ＭerchantSKU"),
        ("sellable-365+-days", "Sellable 365 plus days"),
        (RESTOCK, "Total Days of Supply"),
        (RESTOCK, "total days of supply (Including Units From Open Shipments)"),
    ],
)
def test_another_spelling_of_a_header_is_the_same_column(own: str, written: str) -> None:
    written = written.replace(" / ", "/")
    spec = table({"sku": {"required": True}, "value": {"type": "integer", "from": own}, "other": "text"})
    read = Read(f"SKU\t{written}\tother\na\t12\tx\n".encode(), spec)
    assert read.column("value") == [12] and not read.stream.drift.added and not read.stream.drift.missing


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("inv-age-1-80-days", "inv-age-180-days"),
        ("fulfillment-channel", "fulfillment-channels"),
        ("price", "price (new)"),
        ("country", "region"),
        ("sales-amount", "sales-amount-%"),
    ],
)
def test_headers_that_say_something_else_are_other_columns(own: str, other: str) -> None:
    spec = table({"sku": {"required": True}, "value": {"from": own}})
    read = Read(f"sku\t{other}\na\tx\n".encode(), spec)
    assert read.column("value") == [None] and list(read.stream.drift.added.values()) == [other]


def test_a_header_in_the_specs_spelling_wins_over_another_spelling_of_it() -> None:
    spec = table({"sku": {"required": True}, "channel": {"from": "fulfillment-channel"}})
    read = Read(b"sku\tfulfilment-channel\tfulfillment-channel\na\tx\ty\n", spec)
    assert read.rows[0]["channel"] == "y" and read.rows[0]["channel__2"] == "x"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_unknown_headers_are_named_by_what_they_say_wherever_they_stand(order: tuple[int, ...]) -> None:
    """Else the next file, which has them in another order, would mix their values."""
    headers = ["注文チャネル", "配送サービス", "販売 ID", "購入 ID"]
    content = "\t".join(["sku", *(headers[at] for at in order)]) + "\n"
    content += "\t".join(["a", *(f"value {at}" for at in order)]) + "\n"
    read = Read(content.encode(), table({"sku": {"required": True}}))
    named = {header: name for name, header in read.stream.drift.added.items()}
    assert [read.rows[0][named[header]] for header in headers] == [f"value {at}" for at in range(4)]
    assert sorted(named.values()) == ["column_a3b674b4", "column_db88d007", "id_11fe770f", "id_e9e64ec7"]


def test_unknown_headers_that_differ_in_signs_alone_never_change_places() -> None:
    one = Read(b"sku\ta/b\ta+b\n1\tslash\tplus\n", table({"sku": {"required": True}})).rows[0]
    two = Read(b"sku\ta+b\ta/b\n1\tplus\tslash\n", table({"sku": {"required": True}})).rows[0]
    assert one == two
