"""Rows in nested lists with what they inherit, JSON lines and XML: one rule of paths for all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from unit.sellerops.formats.helpers import Read, table

from sellerops.base.errors import ConfigurationError, DocumentDamaged, UnreadableDocument
from sellerops.formats.paths import split_path
from sellerops.settings.specs import ReportSpec

PRODUCTS = table(
    {
        "promotion_id": {"from": "/promotions.promotionId", "required": True},
        "period": {"from": "/reportSpecification.reportOptions.reportPeriod"},
        "asin": {"required": True},
        "revenue": {"type": "decimal", "from": "sales.amount"},
    },
    rows="promotions.includedProducts",
    primary_key=("promotion_id", "asin"),
)
SPECIFICATION = {"reportOptions": {"reportPeriod": "WEEK"}}


def document(*promotions: dict[str, Any], first: bool = True) -> bytes:
    head, rows = {"reportSpecification": SPECIFICATION}, {"promotions": list(promotions)}
    return json.dumps({**head, **rows} if first else {**rows, **head}).encode()


def promotion(name: str, *asins: str) -> dict[str, Any]:
    products = [{"asin": asin, "sales": {"amount": 1.5}} for asin in asins]
    return {"promotionId": name, "includedProducts": products, "type": "BEST_DEAL"}


def test_rows_of_nested_lists_have_their_parents_values() -> None:
    read = Read(
        document(promotion("p", "a", "b"), promotion("q"), promotion("r", "a")), PRODUCTS, kind="json"
    )
    assert [(row["promotion_id"], row["asin"], row["period"]) for row in read.rows] == [
        ("p", "a", "WEEK"),
        ("p", "b", "WEEK"),
        ("r", "a", "WEEK"),
    ]
    assert read.column("source_line") == [1, 2, 3] and not read.stream.drift.added


def test_what_every_row_needs_may_not_stand_behind_the_rows() -> None:
    with pytest.raises(UnreadableDocument, match="comes after the rows"):
        Read(document(promotion("p", "a"), first=False), PRODUCTS, kind="json")


def test_a_renamed_inner_list_is_not_an_empty_one() -> None:
    renamed = {"promotionId": "p", "products": [{"asin": "a"}]}
    with pytest.raises(UnreadableDocument, match=r"no list `promotions\.includedProducts`"):
        Read(document(renamed), PRODUCTS, kind="json")
    assert Read(document({"promotionId": "p"}), PRODUCTS, kind="json").rows == []


def test_lists_that_are_another_tables_rows_are_no_column() -> None:
    spec = ReportSpec.model_validate(
        {
            "name": "promotions",
            "source": "amazon_sp",
            "report_type": "X",
            "family": "f",
            "description": "d",
            "scope": "marketplace",
            "schedule": {"cron": "0 0 * * *", "timezone": "UTC"},
            "period": {"kind": "range"},
            "format": {"kind": "json"},
            "tables": {
                "promotions": {
                    "rows": "promotions",
                    "write_disposition": "merge",
                    "primary_key": ["promotion_id"],
                    "columns": {"promotion_id": {"from": "promotionId"}},
                },
                "products": PRODUCTS.model_dump(by_alias=True, exclude={"elsewhere"}),
            },
        }
    )
    read = Read(document(promotion("p", "a")), spec.tables["promotions"], kind="json")
    assert read.rows == [{"promotion_id": "p", "type": "BEST_DEAL", "source_line": 1}]
    assert spec.tables["products"].elsewhere == ()


def test_the_columns_of_an_object_that_is_null_are_not_missing() -> None:
    columns = {"sku": {}, "cost": {"from": "cost.fba.amount"}, "more": {"from": "more.x"}}
    content = json.dumps({"sku": "s", "cost": None})
    read = Read(content.encode(), table(columns, primary_key=("sku",)), kind="jsonl")
    assert read.stream.drift.missing == ["more"]


def test_a_list_on_the_way_to_another_tables_rows_is_no_column() -> None:
    """`charges` of each of the fees are rows elsewhere; beside an object on the way nothing is lost."""
    told = table({"sku": {}}, primary_key=("sku",)).model_copy(update={"elsewhere": ("fees.charges", "a.b")})
    content = json.dumps({"sku": "s", "fees": [{"name": "f", "charges": [{"x": 1}]}], "a": {"b": [], "c": 1}})
    read = Read(content.encode(), told, kind="jsonl")
    assert read.rows == [{"sku": "s", "a_c": "1", "source_line": 1}]


LINES = table(
    {
        "marketplace": {"from": "/request.marketplaceId"},
        "sku": {"from": "sellerSku", "required": True},
        "days": {"type": "integer", "from": "inventoryDetails.days"},
    },
    rows="answer.payload.inventorySummaries",
    primary_key=("marketplace", "sku"),
)


def line(country: str, payload: Any) -> bytes:
    return (
        json.dumps({"request": {"marketplaceId": country}, "answer": {"payload": payload}}).encode() + b"\n"
    )


def test_each_line_is_a_document_and_rows_are_numbered_through() -> None:
    content = line("US", {"inventorySummaries": [{"sellerSku": "a"}, {"sellerSku": "b"}]})
    content += line("US", {}) + line("CA", {"inventorySummaries": {"sellerSku": "c", "new": 1}})
    read = Read(content, LINES, kind="jsonl")
    assert [(row["marketplace"], row["sku"], row["source_line"]) for row in read.rows] == [
        ("US", "a", 1),
        ("US", "b", 2),
        ("CA", "c", 3),
    ]
    assert read.stream.drift.added == {"new": "new"} and read.stream.drift.missing == ["days"]


def test_an_empty_answer_is_no_rows_and_another_list_another_document() -> None:
    assert Read(line("US", {}), LINES, kind="jsonl").stream.rows_in_file == 0
    with pytest.raises(UnreadableDocument, match="no list"):
        Read(line("US", {"summaries": [{"sellerSku": "a"}]}), LINES, kind="jsonl")
    with pytest.raises(DocumentDamaged, match="ends early"):
        Read(line("US", {"inventorySummaries": [{"sellerSku": "a"}]})[:-4], LINES, kind="jsonl")


def test_without_rows_a_line_is_a_row() -> None:
    spec = table({"sku": {"required": True}, "price": {"type": "decimal", "from": "price.amount"}})
    read = Read(b'{"sku": "a", "price": {"amount": 1.10}}\n\n{"sku": "b"}', spec, kind="jsonl")
    assert read.column("price") == [Decimal("1.10"), None]


def test_one_of_a_list_is_chosen_and_the_rest_kept() -> None:
    spec = table(
        {
            "sku": {"required": True},
            "principal": {"type": "decimal", "from": "fees[type=Principal].amount"},
            "first_name": {"from": "names[0].value"},
        }
    )
    fees = [{"type": "Tax", "amount": 1}, {"type": "Principal", "amount": 2.50, "currency": "EUR"}]
    item = {"sku": "a", "fees": fees, "names": [{"value": "x", "language": "de"}, {"value": "y"}]}
    read = Read(json.dumps(item).encode(), spec, kind="jsonl")
    assert read.rejects == []
    row = read.rows[0]
    assert (row["principal"], row["first_name"]) == (Decimal("2.5"), "x")
    assert json.loads(row["fees"]) == [{"type": "Tax", "amount": 1}]
    assert json.loads(row["names"]) == [{"value": "y"}]
    assert row["fees_type_principal_currency"] == "EUR" and row["names_0_language"] == "de"


def test_a_chosen_list_with_a_column_of_its_own_is_there_as_a_whole() -> None:
    spec = table({"sku": "text", "tax": {"from": "fees[type=Tax].amount"}, "fees": "text"})
    fees = [{"type": "Tax", "amount": 1, "currency": "EUR"}, {"type": "Principal"}]
    read = Read(json.dumps({"sku": "a", "fees": fees}).encode(), spec, kind="jsonl")
    assert read.rows[0]["tax"] == "1" and json.loads(read.rows[0]["fees"]) == fees
    assert not read.stream.drift.added


def test_the_first_of_a_columns_paths_that_is_there_is_the_column() -> None:
    spec = table({"sku": {"from": "sellerSku", "also": ["sku", "SKU"]}, "n": "text"})
    content = b'{"sku": "a", "n": 1}\n{"sku": "b", "sellerSku": "c"}\n{"SKU": "d"}'
    read = Read(content, spec, kind="jsonl")
    assert read.column("sku") == ["a", "c", "d"]
    assert [row.get("sku__2") for row in read.rows] == [None, "b", None]
    assert read.stream.drift.duplicated == ["sku__2"]


@pytest.mark.parametrize("text", ["a..b", "a[", "a[b", "a.", ".a", "a]b"])
def test_what_is_no_path_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a valid path"):
        split_path(text)


ORDERS = table(
    {
        "order_id": {"from": "/Message.Order.AmazonOrderID", "required": True},
        "version": {"from": "/Header.DocumentVersion"},
        "sku": {"from": "SKU", "required": True},
        "principal": {"type": "decimal", "from": "ItemPrice.Component[Type=Principal].Amount"},
        "currency": {"from": "ItemPrice.Component[Type=Principal].Amount.@currency"},
        "promotions": {"from": "PromotionID[]"},
    },
    rows="Message.Order.OrderItem",
    primary_key=("order_id", "sku"),
)
ITEM = (
    "<OrderItem><SKU>{0}</SKU><ItemPrice>"
    "<Component><Type>Tax</Type><Amount currency='EUR'>1</Amount></Component>"
    "<Component><Type>Principal</Type><Amount currency='EUR'>{1}</Amount></Component></ItemPrice>"
    "<PromotionID>Müsli &amp; Co</PromotionID></OrderItem>"
)


def envelope(*orders: str) -> bytes:
    messages = "".join(f"<Message><Order>{order}</Order></Message>" for order in orders)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<AmazonEnvelope xmlns="urn:x">'
        f"<Header><DocumentVersion>1.00</DocumentVersion></Header>{messages}</AmazonEnvelope>"
    ).encode()


def test_an_xml_row_has_what_stands_around_it() -> None:
    first = "<AmazonOrderID>1</AmazonOrderID>" + ITEM.format("a", "2.50") + ITEM.format("b", "3")
    read = Read(
        envelope(first, ITEM.format("c", "1") + "<AmazonOrderID>2</AmazonOrderID>"), ORDERS, kind="xml"
    )
    rows = [(row["order_id"], row["sku"], row["principal"], row["source_line"]) for row in read.rows]
    assert rows == [("1", "a", Decimal("2.5"), 1), ("1", "b", 3, 2), ("2", "c", 1, 3)]
    assert read.rows[0]["promotions"] == '["Müsli & Co"]'
    assert read.rows[0]["currency"] == "EUR" and read.rows[0]["version"] == "1.00"
    (tax,) = json.loads(read.rows[0]["item_price_component"])
    assert tax == {"Type": "Tax", "Amount": {"@currency": "EUR", "": "1"}}


def test_an_envelope_without_messages_has_no_rows() -> None:
    assert Read(envelope(), ORDERS, kind="xml").stream.rows_in_file == 0


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (envelope("<AmazonOrderID>1</AmazonOrderID>")[:-20], DocumentDamaged, "ends early"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', DocumentDamaged, "web page"),
        (b"<!DOCTYPE html><html></html>", DocumentDamaged, "web page"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', UnreadableDocument, "document type"),
        (b"<a><b></a>", UnreadableDocument, "not valid XML"),
        (b"<a><Order/><Order/></a>", UnreadableDocument, "no elements"),
        (envelope(ITEM.format("a", "1")), UnreadableDocument, "required columns are missing"),
    ],
    ids=["cut", "error", "html", "entities", "garbage", "other", "missing"],
)
def test_what_is_no_xml_report_has_its_error(content: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Read(content, ORDERS, kind="xml")


def test_memory_does_not_grow_with_an_xml_document() -> None:
    import io
    import tracemalloc

    from unit.sellerops.formats.helpers import bench_slice

    from sellerops.formats import open_rows
    from sellerops.settings.specs import FileFormat

    order = b"<Message><Order><AmazonOrderID>1</AmazonOrderID>" + ITEM.format("a", "1").encode()
    order += b"</Order></Message>"

    class Long(io.RawIOBase):
        parts = iter([b"<E>", *[order * 50] * 80, b"</E>"])

        def read(self, size: int = -1) -> bytes:
            return next(self.parts, b"")

    stream = open_rows(
        ORDERS, Long(), file_format=FileFormat(kind="xml"), slice_=bench_slice(), on_reject=lambda row: None
    )
    tracemalloc.start()
    try:
        for _ in stream:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stream.rows_in_file == 4_000 and peak < 8 << 20


DISCOUNTS = table(
    {
        "code": {"from": "Code", "required": True},
        "ids": {"from": "Promotion[*].ID[]"},
        "discount": {"type": "decimal", "from": "Promotion[*].Amount"},
        "count": {"type": "integer", "from": "Promotion[*].Count"},
        "currency": {"from": "Promotion[*].Amount.@currency"},
        "kind": {"from": "Promotion[*].Kind"},
    },
    rows="Message.Item",
)


def discounted(*promotions: str) -> Read:
    inner = "".join(f"<Promotion>{each}</Promotion>" for each in promotions)
    content = f"<E><Message><Item><Code>1</Code>{inner}</Item><Item><Code>2</Code></Item></Message></E>"
    return Read(content.encode(), DISCOUNTS, kind="xml")


def test_every_element_of_a_list_adds_to_a_row() -> None:
    """An item with two promotions: no amount and no id is lost, and both rows are read."""
    read = discounted(
        '<ID>a</ID><ID>b</ID><Amount currency="USD">1.10</Amount><Count>1</Count><Kind>x</Kind>',
        '<ID>c</ID><Amount currency="USD">-0.35</Amount><Count>2</Count><Kind>y</Kind><New>n</New>',
        "<Kind>y</Kind><New>m</New>",
    )
    first, second = read.rows
    assert (first["discount"], first["count"], first["currency"]) == (Decimal("0.75"), 3, "USD")
    assert (first["ids"], first["kind"]) == ('["a", "b", "c"]', '["x", "y", "y"]')
    assert first["promotion_new"] == '["n", "m"]' and read.stream.drift.added == {
        "promotion_new": "Promotion.New"
    }
    assert second["code"] == "2" and second["discount"] is second["ids"] is None and not read.rejects


def test_a_single_element_of_such_a_list_is_read_as_before() -> None:
    read = discounted('<ID>a</ID><Amount currency="USD">1.10</Amount><Kind>x</Kind>')
    assert [read.rows[0][name] for name in ("ids", "discount", "currency", "kind")] == [
        '["a"]', Decimal("1.10"), "USD", "x"
    ]  # fmt: skip
    assert not read.stream.drift.added


def test_an_amount_that_is_no_number_is_rejected_and_not_left_out_of_the_sum() -> None:
    read = discounted("<Amount>1.10</Amount>", "<Amount>much</Amount>")
    assert read.reasons == [(1, "unreadable_value")] and read.rejects[0].value == '["1.10", "much"]'


def test_a_list_in_json_adds_in_the_same_way() -> None:
    columns = {
        "sku": {},
        "fee": {"type": "decimal", "from": "fees[*].charge.amount"},
        "kinds": {"from": "fees[*].kind"},
    }
    rows = [
        {
            "sku": "a",
            "fees": [{"kind": "x", "charge": {"amount": 0.1}}, {"kind": "x", "charge": {"amount": 0.2}}],
        },
        {"sku": "b", "fees": [{"kind": "x", "charge": None}]},
        {"sku": "c", "fees": []},
        {"sku": "d", "fees": {"kind": "z", "charge": {"amount": 7}}},
    ]
    content = "\n".join(map(json.dumps, rows))
    read = Read(content.encode(), table(columns, primary_key=("sku",)), kind="jsonl")
    assert [(row["sku"], row["fee"], row["kinds"]) for row in read.rows] == [
        ("a", Decimal("0.3"), "x"),
        ("b", None, "x"),
        ("c", None, None),
        ("d", 7, "z"),
    ]


def test_every_element_beside_the_rows_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="outside the row"):
        Read(
            b"<E/>",
            table({"a": {"from": "/Message.Order.Lines[*].x"}}, rows="Message.Order.Item"),
            kind="xml",
        )


def test_a_value_above_the_rows_survives_a_repeated_element() -> None:
    spec = table({"sku": {"required": True}, "city": {"from": "/M.Order.Ship.City"}}, rows="M.Order.Item")

    def cities(*ships: str) -> list[str | None]:
        inner = "".join(f"<Ship><City>{city}</City></Ship>" for city in ships)
        content = f"<E><M><Order>{inner}<Item><sku>a</sku></Item></Order></M></E>"
        return Read(content.encode(), spec, kind="xml").column("city")

    assert cities("Bonn") == cities("Bonn", "Bonn") == ["Bonn"]
    assert cities("Bonn", "Ulm") == ['["Bonn", "Ulm"]'] and cities() == [None]


def test_a_list_of_one_object_is_the_object() -> None:
    spec = table({"sku": {}, "price": {"type": "decimal", "from": "price.amount"}}, primary_key=("sku",))
    rows = [{"sku": "a", "price": [{"amount": 1.5}]}, {"sku": "b", "price": [{"amount": 1}, {"amount": 2}]}]
    read = Read("\n".join(map(json.dumps, rows)).encode(), spec, kind="jsonl")
    assert read.column("price") == [Decimal("1.5"), None]
    assert read.column("price__2") == [None, '[{"amount": 1}, {"amount": 2}]'] and not read.rejects


def test_the_leaves_of_a_tree_are_rows_with_the_names_that_lead_to_them() -> None:
    charges = table(
        {
            "id": {"from": "/transactions.id"},
            "path": {"from": "path"},
            "kind": {"from": "kind"},
            "amount": {"type": "decimal", "from": "sum"},
        },
        rows="transactions.charges",
        leaves={"below": "charges", "named": "kind"},
        primary_key=("id", "path"),
    )
    tax = {"kind": "Tax", "sum": 0.1, "charges": []}
    price = {"kind": "Price", "sum": 5, "charges": [{"kind": "Net", "sum": 4.9}, tax]}
    line = {
        "transactions": [
            {
                "id": "a",
                "charges": [{"kind": "Sales", "sum": 5, "charges": [price]}, {"kind": "Fee", "sum": -1}],
            },
            {"id": "b", "charges": None},
        ]
    }
    read = Read(json.dumps(line).encode(), charges, kind="json")
    assert [(row["id"], row["path"], row["amount"]) for row in read.rows] == [
        ("a", "Sales/Price/Net", Decimal("4.9")),
        ("a", "Sales/Price/Tax", Decimal("0.1")),
        ("a", "Fee", Decimal("-1")),
    ]
    assert not read.stream.drift.added
