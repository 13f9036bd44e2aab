-- Campaigns over the days of the scope. Sums are divided, ratios of days never added. A campaign has one row a day.
WITH found AS (
    SELECT g.*, NULL::numeric AS total_sales, NULL::numeric AS before_ads, NULL::numeric AS margin_sales,
           round(g.spend / nullif(g.sales, 0), 6) AS acos,
           round(g.sales / nullif(g.spend, 0), 6) AS roas,
           NULL::numeric AS tacos, NULL::numeric AS break_even_acos,
           round(g.clicks::numeric / nullif(g.impressions, 0), 6) AS click_rate,
           round(g.spend / nullif(g.clicks, 0), 6) AS cost_per_click,
           round(g.orders::numeric / nullif(g.clicks, 0), 6) AS conversion_rate
    FROM (
        SELECT a.account_id, a.marketplace_id, a.ad_product, a.campaign_id,
               coalesce(CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE a.currency END, '') AS currency,
               coalesce(sum(a.impressions), 0)::bigint AS impressions, coalesce(sum(a.clicks), 0)::bigint AS clicks,
               CASE WHEN count(*) = count(CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END)
                    THEN round(sum(a.spend * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END), 6) END AS spend,
               CASE WHEN count(*) = count(CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END) AND count(*) = count(a.sales)
                    THEN round(sum(a.sales * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END), 6) END AS sales,
               coalesce(sum(a.orders), 0)::bigint AS orders, coalesce(sum(a.units), 0)::bigint AS units,
               count(*) AS days, count(*) FILTER (WHERE a.status = 'estimated') AS open_days, max(a.day) AS last_day,
               CASE WHEN bool_or(a.status = 'incomplete') THEN 'incomplete'
                    WHEN bool_or(a.status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
               coalesce(max(a.missing), '') AS missing
        FROM sellerops_marts.ads_campaign_day AS a
        LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = a.account_id
        LEFT JOIN sellerops_reference.fx_rate AS x
            ON x.day = a.day AND x.from_currency = a.currency AND x.to_currency = g.reporting_currency
            AND x.day BETWEEN %(start)s AND %(end)s
        WHERE a.day BETWEEN %(start)s AND %(end)s
          AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
          AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = ANY (%(marketplaces)s))
          AND (%(search)s::text IS NULL OR a.campaign_id ILIKE %(search)s OR a.campaign_id = ANY (%(named)s))
        GROUP BY a.account_id, a.marketplace_id, a.ad_product, a.campaign_id, 5
    ) AS g
),
page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, marketplace_id, ad_product, campaign_id, currency
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, f.n, '', '', '', '', f.currency, f.impressions, f.clicks, f.spend, f.sales, f.orders, f.units, f.days,
       f.open_days, f.last_day, f.status, f.missing, NULL, NULL, NULL, round(f.spend / nullif(f.sales, 0), 6),
       round(f.sales / nullif(f.spend, 0), 6), NULL, NULL, round(f.clicks::numeric / nullif(f.impressions, 0), 6),
       round(f.spend / nullif(f.clicks, 0), 6), round(f.orders::numeric / nullif(f.clicks, 0), 6)
FROM (
    SELECT count(*) AS n, max(currency) AS currency, sum(impressions) AS impressions, sum(clicks) AS clicks,
           CASE WHEN count(*) = count(spend) THEN sum(spend) END AS spend,
           CASE WHEN count(*) = count(sales) THEN sum(sales) END AS sales,
           sum(orders) AS orders, sum(units) AS units, max(days) AS days, max(open_days) AS open_days, max(last_day) AS last_day,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
           coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '') AS missing
    FROM found
    HAVING count(DISTINCT currency) = 1
) AS f
ORDER BY is_totals, {order_by}, account_id, marketplace_id, ad_product, campaign_id, currency
