"""Sponsored Brands and Sponsored Display, with a fifth and an eighth of Sponsored Products' clicks."""

from __future__ import annotations

from mart_rows.tables import AD, DAYS, SB_CLICKS, SD_CLICKS, TableRows, money

_SB = {**AD, "campaign_id": "'2{marketplace}' || lpad(s.campaign::text, 9, '0')"}
_SD = {**AD, "campaign_id": "'3{marketplace}' || lpad(s.campaign::text, 9, '0')"}
_GROUP = {"ad_group_id": "'7{marketplace}' || lpad(s.campaign::text, 9, '0')", "ad_group_name": "'Group'"}
_AD_ID = "'1{marketplace}' || lpad(s.campaign::text, 9, '0')"
_SOLD = "d.ad_units / 4"


def _sum(clicks: str) -> dict[str, str]:
    return {
        "impressions": f"sum({clicks}) * 200",
        "clicks": f"sum({clicks})",
        "cost": money(f"sum({clicks} * d.click_price)"),
    }


_SALES = {
    "purchases": f"sum({_SOLD})",
    "units_sold": f"sum({_SOLD})",
    "sales": money(f"sum({_SOLD} * d.price)"),
}

BRAND_ADS = (
    TableRows(
        "sb_campaigns", "sb_campaigns", {**_SB, **_sum(SB_CLICKS), **_SALES},
        where=f"{SB_CLICKS} > 0", tail="GROUP BY d.day, s.campaign",
    ),
    TableRows(
        "sb_ads", "sb_ads", {**_SB, **_GROUP, "ad_id": _AD_ID, **_sum(SB_CLICKS), **_SALES},
        where=f"{SB_CLICKS} > 0", tail="GROUP BY d.day, s.campaign",
    ),
    # The products of each ad, once a week.
    TableRows(
        "ads", "ad_products",
        {
            "snapshot_at": "d.day + 1 + time '02:00'", "ad_id": _AD_ID, "ad_group_id": _GROUP["ad_group_id"],
            "product_id_type": "'ASIN'", "product_id": "s.asin",
        },
        where="s.is_advertised AND (d.day - date '2020-01-06') % 7 = 0",
    ),
    TableRows(
        "sb_purchased_products", "sb_purchased_products",
        {
            "profile_id": AD["profile_id"], "currency_code": AD["currency_code"], "date": "d.day",
            "campaign_id": _SB["campaign_id"], "campaign_name": AD["campaign_name"], **_GROUP,
            "purchased_asin": "s.asin", "product_name": "s.title", "attribution_type": "'Promoted'",
            "orders_14d": _SOLD, "units_sold_14d": _SOLD, "sales_14d": money(f"{_SOLD} * d.price"),
        },
        where=f"{SB_CLICKS} > 0 AND {_SOLD} > 0",
    ),
    TableRows(
        "sd_campaigns", "sd_campaigns", {**_SD, **_sum(SD_CLICKS)},
        where=f"{SD_CLICKS} > 0", tail="GROUP BY d.day, s.campaign",
    ),
    TableRows(
        "sd_advertised_products", "sd_advertised_products",
        {
            **{name: text for name, text in _SD.items() if name != "campaign_status"}, **_GROUP,
            "ad_id": "'4{marketplace}' || lpad(n::text, 9, '0')",
            "promoted_asin": "s.asin", "promoted_sku": "s.sku",
            "impressions": f"{SD_CLICKS} * 400", "clicks": SD_CLICKS,
            "cost": money(f"{SD_CLICKS} * d.click_price"),
        },
        where=f"{SD_CLICKS} > 0",
    ),
    *(
        TableRows(
            "economics", "economics_ads",
            {
                "date": "d.day", "marketplace": "'{marketplace_id}'", "msku": "s.sku",
                "ad_type_name": f"'{name}'",
                "rate_card_amount": money(f"{clicks} * d.click_price"),
                "rate_card_currency_code": "'{currency}'", "promotion_amount": "0", "tax_amount": "0",
                "total_amount": money(f"{clicks} * d.click_price"), "total_currency_code": "'{currency}'",
                "quantity": clicks,
            },
            DAYS, f"{clicks} > 0",
        )
        for name, clicks in (
            ("Sponsored Brands charge", SB_CLICKS), ("Sponsored Display charge", SD_CLICKS)
        )
    ),
)  # fmt: skip
