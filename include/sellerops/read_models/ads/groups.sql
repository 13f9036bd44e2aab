-- Advertising over the days of the scope, grouped by marketplace or ad product (`by`), beside what the
-- marketplace sold and earned before advertising. Sums are divided, ratios of days never added.
WITH own_days AS (
    SELECT a.account_id, a.marketplace_id, CASE WHEN %(by)s = 'marketplace' THEN '' ELSE a.ad_product END AS ad_product,
           a.currency, a.day, sum(a.campaigns) AS campaigns, sum(a.impressions) AS impressions, sum(a.clicks) AS clicks,
           sum(a.orders) AS orders, sum(a.units) AS units, sum(a.spend) AS spend, sum(a.sales) AS sales,
           sum(a.known_spend) AS known_spend, sum(a.known_sales) AS known_sales,
           max(CASE a.status WHEN 'incomplete' THEN 2 WHEN 'estimated' THEN 1 ELSE 0 END) AS trust,
           max(a.missing) AS missing
    FROM sellerops_marts.ads_total_day AS a
    WHERE a.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = ANY (%(marketplaces)s))
    GROUP BY a.account_id, a.marketplace_id, 3, a.currency, a.day
),
campaign_days AS (
    SELECT CASE WHEN %(by)s = 'ad_product' THEN '' ELSE a.account_id END AS account_id,
           CASE WHEN %(by)s = 'ad_product' THEN '' ELSE a.marketplace_id END AS marketplace_id,
           a.ad_product, '' AS campaign_id,
           coalesce(CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE a.currency END, '') AS currency,
           a.day, sum(a.impressions) AS impressions, sum(a.clicks) AS clicks, sum(a.orders) AS orders,
           sum(a.units) AS units,
           sum(a.spend * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END) AS spend,
           sum(a.sales * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END) AS sales,
           sum(a.campaigns - CASE WHEN NOT %(in_reporting)s THEN a.known_spend
                                  WHEN x.rate IS NULL THEN 0 ELSE a.campaigns END) AS unknown_spend,
           sum(a.campaigns - CASE WHEN %(in_reporting)s AND x.rate IS NULL THEN 0 ELSE a.known_sales END) AS unknown_sales,
           max(a.trust) AS trust, max(a.missing) AS missing
    FROM own_days AS a
    LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = a.account_id
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = a.day AND x.from_currency = a.currency AND x.to_currency = g.reporting_currency
        AND x.day BETWEEN %(start)s AND %(end)s
    GROUP BY 1, 2, 3, 4, 5, a.day
),
grouped AS (
    SELECT account_id, marketplace_id, ad_product, campaign_id, currency,
           coalesce(sum(impressions), 0)::bigint AS impressions, coalesce(sum(clicks), 0)::bigint AS clicks,
           CASE WHEN sum(unknown_spend) = 0 THEN round(sum(spend), 6) END AS spend,
           CASE WHEN sum(unknown_sales) = 0 THEN round(sum(sales), 6) END AS sales,
           coalesce(sum(orders), 0)::bigint AS orders, coalesce(sum(units), 0)::bigint AS units,
           count(*) AS days, count(*) FILTER (WHERE trust = 1) AS open_days, max(day) AS last_day,
           CASE max(trust) WHEN 2 THEN 'incomplete' WHEN 1 THEN 'estimated' ELSE 'complete' END AS status,
           coalesce(max(missing), '') AS missing
    FROM campaign_days
    GROUP BY account_id, marketplace_id, ad_product, campaign_id, currency
),
advertised AS (
    SELECT DISTINCT a.account_id, a.marketplace_id
    FROM sellerops_marts.ads_total_day AS a
    WHERE %(by)s = 'ad_product' AND a.day BETWEEN %(start)s AND %(end)s
    UNION
    SELECT account_id, marketplace_id FROM grouped WHERE %(by)s = 'marketplace'
),
sold AS (
    SELECT p.account_id, p.marketplace_id,
           coalesce(CASE WHEN %(in_reporting)s THEN p.reporting_currency ELSE p.currency END, '') AS currency,
           CASE WHEN %(in_reporting)s THEN p.product_sales_reporting ELSE p.product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN p.cm2_reporting - p.ads_reporting ELSE p.cm2 - p.ads END AS before_ads
    FROM sellerops_marts.profit_day AS p
    JOIN advertised AS d ON d.account_id = p.account_id AND d.marketplace_id = p.marketplace_id
    WHERE p.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
),
sums_sold AS (
    -- Break-even is that of the days whose margin is known: a fee that Amazon has not named yet moves it little.
    SELECT CASE WHEN %(by)s = 'ad_product' THEN '' ELSE account_id END AS account_id,
           CASE WHEN %(by)s = 'ad_product' THEN '' ELSE marketplace_id END AS marketplace_id,
           currency,
           CASE WHEN count(*) = count(product_sales) THEN sum(product_sales) END AS total_sales,
           sum(before_ads) AS before_ads,
           sum(product_sales) FILTER (WHERE before_ads IS NOT NULL) AS margin_sales
    FROM sold
    GROUP BY 1, 2, 3
),
found AS (
    SELECT g.account_id, g.marketplace_id, g.ad_product, g.campaign_id, g.currency, g.impressions, g.clicks, g.spend,
           g.sales, g.orders, g.units, s.total_sales, s.before_ads, s.margin_sales,
           round(g.spend / nullif(g.sales, 0), 6) AS acos,
           round(g.sales / nullif(g.spend, 0), 6) AS roas,
           round(g.spend / nullif(s.total_sales, 0), 6) AS tacos,
           round(s.before_ads / nullif(s.margin_sales, 0), 6) AS break_even_acos,
           round(g.clicks::numeric / nullif(g.impressions, 0), 6) AS click_rate,
           round(g.spend / nullif(g.clicks, 0), 6) AS cost_per_click,
           round(g.orders::numeric / nullif(g.clicks, 0), 6) AS conversion_rate,
           g.days, g.open_days, g.last_day, g.status, g.missing
    FROM grouped AS g
    LEFT JOIN sums_sold AS s
        ON s.account_id = g.account_id AND s.marketplace_id = g.marketplace_id AND s.currency = g.currency
),
page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, marketplace_id, ad_product, campaign_id, currency
    LIMIT %(limit)s OFFSET %(offset)s
),
-- Of all marketplaces that advertised.
whole AS (
    SELECT CASE WHEN count(DISTINCT currency) = 1 THEN max(currency) END AS currency,
           CASE WHEN count(DISTINCT currency) = 1 AND count(*) = count(total_sales) THEN sum(total_sales) END AS total_sales,
           sum(before_ads) AS before_ads, sum(margin_sales) AS margin_sales
    FROM sums_sold
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, f.n, '', '', '', '', f.currency, f.impressions, f.clicks, f.spend, f.sales, f.orders, f.units, w.total_sales,
       w.before_ads, w.margin_sales, round(f.spend / nullif(f.sales, 0), 6), round(f.sales / nullif(f.spend, 0), 6),
       round(f.spend / nullif(w.total_sales, 0), 6), round(w.before_ads / nullif(w.margin_sales, 0), 6),
       round(f.clicks::numeric / nullif(f.impressions, 0), 6), round(f.spend / nullif(f.clicks, 0), 6),
       round(f.orders::numeric / nullif(f.clicks, 0), 6), f.days, f.open_days, f.last_day, f.status, f.missing
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
LEFT JOIN whole AS w ON w.currency = f.currency
ORDER BY is_totals, {order_by}, account_id, marketplace_id, ad_product, campaign_id, currency
