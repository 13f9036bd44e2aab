-- Search queries of the weeks that overlap the scope, added up; by query, or by query and ASIN (`by`).
WITH weeks AS (
    SELECT q.*, coalesce(CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE m.currency END, '') AS shown_currency,
           CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END AS rate
    FROM sellerops_marts.search_query_week AS q
    JOIN sellerops.marketplace AS m ON m.id = q.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = q.account_id
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = q.week_start AND x.from_currency = m.currency AND x.to_currency = g.reporting_currency
    WHERE q.week_start BETWEEN %(start)s::date - 6 AND %(end)s
      AND (q.asin = '') = (%(by)s = 'query')
      AND (%(accounts)s::text[] IS NULL OR q.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR q.marketplace_id = ANY (%(marketplaces)s))
      AND (%(search)s::text IS NULL OR q.search_query ILIKE %(search)s OR q.asin ILIKE %(search)s)
),
sums AS (
    SELECT account_id, marketplace_id, search_query, asin, shown_currency AS currency, count(*) AS weeks,
           min(week_start) AS first_week, max(week_start) AS last_week,
           sum(search_volume)::bigint AS search_volume, sum(impressions_total)::bigint AS impressions_total,
           sum(impressions)::bigint AS impressions, sum(clicks_total)::bigint AS clicks_total, sum(clicks)::bigint AS clicks,
           sum(purchases_total)::bigint AS purchases_total, sum(purchases)::bigint AS purchases,
           CASE WHEN count(*) = count(paid_clicks) THEN sum(paid_clicks)::bigint END AS paid_clicks,
           CASE WHEN count(*) = count(paid_orders) THEN sum(paid_orders)::bigint END AS paid_orders,
           CASE WHEN count(*) = count(paid_spend * rate) THEN round(sum(paid_spend * rate), 6) END AS paid_spend,
           CASE WHEN count(*) = count(paid_sales * rate) THEN round(sum(paid_sales * rate), 6) END AS paid_sales,
           CASE WHEN count(*) = count(organic_clicks) THEN sum(organic_clicks)::bigint END AS organic_clicks,
           CASE WHEN count(*) = count(organic_purchases) THEN sum(organic_purchases)::bigint END AS organic_purchases,
           coalesce(max(warning), '') AS warning,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
           coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '') AS missing
    FROM weeks
    GROUP BY account_id, marketplace_id, search_query, asin, shown_currency
),
found AS (
    SELECT account_id, marketplace_id, search_query, asin, currency, weeks, first_week, last_week, search_volume,
           impressions_total, impressions, round(impressions::numeric / nullif(impressions_total, 0), 6) AS impression_share,
           clicks_total, clicks, round(clicks::numeric / nullif(clicks_total, 0), 6) AS click_share, purchases_total,
           purchases, round(purchases::numeric / nullif(purchases_total, 0), 6) AS purchase_share, paid_clicks, paid_orders,
           paid_spend, paid_sales, round(paid_spend / nullif(paid_sales, 0), 6) AS acos, organic_clicks, organic_purchases,
           warning, status, missing
    FROM sums
),
page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, marketplace_id, search_query, asin, currency LIMIT %(limit)s OFFSET %(offset)s
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*), '', '', '', '', CASE WHEN count(DISTINCT currency) = 1 THEN max(currency) ELSE '' END, max(weeks),
       min(first_week), max(last_week), NULL, NULL, sum(impressions), NULL, NULL, sum(clicks), NULL, NULL, sum(purchases),
       NULL, CASE WHEN count(*) = count(paid_clicks) THEN sum(paid_clicks) END,
       CASE WHEN count(*) = count(paid_orders) THEN sum(paid_orders) END,
       CASE WHEN count(*) = count(paid_spend) AND count(DISTINCT currency) = 1 THEN sum(paid_spend) END,
       CASE WHEN count(*) = count(paid_sales) AND count(DISTINCT currency) = 1 THEN sum(paid_sales) END,
       CASE WHEN count(*) = count(paid_sales) AND count(DISTINCT currency) = 1
            THEN round(sum(paid_spend) / nullif(sum(paid_sales), 0), 6) END,
       CASE WHEN count(*) = count(organic_clicks) THEN sum(organic_clicks) END,
       CASE WHEN count(*) = count(organic_purchases) THEN sum(organic_purchases) END,
       '', CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
                WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END,
       coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '')
FROM found
HAVING count(*) > 0
ORDER BY is_totals, {order_by}, account_id, marketplace_id, search_query, asin, currency
