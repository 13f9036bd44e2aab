"""Brand Analytics views that no API has: demographics, item comparison, alternate purchase, customer loyalty.

No header of theirs is public: all columns are inferred (`columns.csv`). Orders and sales are those of the
order files; who the customers are, and what else they looked at, is random.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from amazon_sandbox.portal.files.brand_analytics import Row, brand_of, brand_table, hundredths
from amazon_sandbox.portal.files.brand_metadata import Table, scope_of
from amazon_sandbox.portal.files.layouts import columns
from amazon_sandbox.portal.files.models import FileRequest
from amazon_sandbox.simulation.report_types.market_basket import orders_between
from amazon_sandbox.simulation.streams import UPPER_ALNUM, between, token, uniforms

# Segments: jumpfly.com on Customer Loyalty Analytics. The share of orders, and orders per customer.
_SEGMENTS = {
    "Top Tier": (0.18, 3.0),
    "Promising": (0.34, 1.6),
    "At Risk": (0.26, 1.2),
    "Hibernating": (0.22, 1.0),
}
_GROUPS = {
    "age_group": ("18-24", "25-34", "35-44", "45-54", "55-64", "65+"),
    "household_income": ("Less than $50,000", "$50,000 - $99,999", "$100,000 - $149,999", "$150,000 or more"),
    "education": ("High school", "Some college", "Bachelor's degree", "Graduate degree"),
    "gender": ("Female", "Male"),
    "marital_status": ("Married", "Single"),
}


def demographics(request: FileRequest) -> Table:
    """A row per ASIN that was ordered: the largest group of each kind, with its share of the customers."""
    rows: list[Row] = []
    for asin, title in _ordered(request):
        row: Row = {"asin": asin, "product_title": title}
        for number, (field, groups) in enumerate(_GROUPS.items()):
            row[field] = _largest(groups, asin, request.days[0].toordinal(), number)
        rows.append(row)
    return _table(request, "Demographics_Simple", "ba_demographics", rows)


def item_comparison(request: FileRequest) -> Table:
    """A row per ASIN that was ordered: the two products that were looked at most on the same day."""
    rows: list[Row] = []
    for asin, _ in _ordered(request):
        first, second = _others(request, asin, "compared")
        rows.append(
            {
                "our_asin": asin,
                "1_compared_asin": first[0],
                "percent_sessions_1": first[1],
                "2_compared_asin": second[0],
                "percent_sessions_2": second[1],
            }
        )
    return _table(request, "Item_Comparison_Simple", "ba_item_comparison", rows)


def alternate_purchase(request: FileRequest) -> Table:
    """A row per ASIN that was ordered: the product that was most often bought instead."""
    rows: list[Row] = []
    for asin, _ in _ordered(request):
        (other, part), _ = _others(request, asin, "bought instead")
        rows.append({"our_asin": asin, "1_alternate_purchase_asin": other, "percent_1": part})
    return _table(request, "Alternate_Purchase_Simple", "ba_alternate_purchase", rows)


def customer_loyalty(request: FileRequest) -> Table:
    """A row per segment; orders and sales add up to those of the period."""
    scope = scope_of(request)
    first, last = scope.periods[0]
    orders: Counter[str] = Counter()
    sales: Counter[str] = Counter()
    for order in orders_between(scope.storefront, first, last, scope.now):
        segment = _segment(uniforms(order.order_id, "loyalty")[0])
        orders[segment] += 1
        sales[segment] += sum(item.price for item in order.items)
    customers = {name: -int(-orders[name] // each) for name, (_, each) in _SEGMENTS.items()}
    everybody = sum(customers.values())
    rows: list[Row] = [
        {
            "brand": brand_of(request),
            "reporting_period": f"{first} - {last}",
            "segment": name,
            "customers": customers[name],
            "orders": orders[name],
            "sales": scope.storefront.marketplace.amount(sales[name]),
            "share_of_customers": hundredths(customers[name], everybody),
        }
        for name in _SEGMENTS
        if orders[name]
    ]
    return _table(request, "Customer_Loyalty_Simple", "ba_customer_loyalty", rows)


def _table(request: FileRequest, name: str, layout: str, rows: list[Row]) -> Table:
    return brand_table(name, request, columns(layout, request.language), rows)


def _ordered(request: FileRequest) -> Iterator[tuple[str, str]]:
    """ASIN and title of what was ordered in the period."""
    scope = scope_of(request)
    first, last = scope.periods[0]
    titles = {
        item.listing.asin: item.listing.title(request.marketplace.language)
        for order in orders_between(scope.storefront, first, last, scope.now)
        for item in order.items
    }
    return iter(sorted(titles.items()))


def _largest(groups: Sequence[str], asin: str, first: int, number: int) -> str:
    weights = [0.2 + weight for weight in uniforms(asin, first, "demographics", number)[: len(groups)]]
    part, name = max(zip(weights, groups, strict=True))
    return f"{name}: {part / sum(weights):.2%}"


def _others(request: FileRequest, asin: str, how: str) -> list[tuple[str, float]]:
    """Two products of other sellers with their shares in hundredths, the larger first."""
    key = (request.marketplace.country, asin, request.days[0].toordinal(), how)
    u = uniforms(*key)
    return [
        ("B0" + token(UPPER_ALNUM, 8, *key[:2], number, "competitor"), round(between(u[number], *span), 2))
        for number, span in enumerate(((6, 15), (1, 6)))
    ]


def _segment(uniform: float) -> str:
    names = list(_SEGMENTS)
    for name, (part, _) in _SEGMENTS.items():
        if uniform < part:
            return name
        uniform -= part
    return names[-1]
