-- description: >-
--   Search queries of each week: Amazon's totals, your part of them, and how much of it came through ads. Rows with an
--   ASIN are Amazon's figures of that ASIN; the row without one adds up your ASINs. Ads belong to a query where Sponsored
--   Products reports the same text, and to an ASIN where its ad group advertised one ASIN that week.
-- group: daily
-- grain: [account_id, marketplace_id, week_start, search_query, asin]
-- partition: [account_id, marketplace_id, week_start]
-- full_text: [search_query]
-- inputs:
--   amazon_sp.search_query_performance_weekly: {day: start_date}
--   amazon_ads.sp_search_terms: {day: date, after: 6}
--   amazon_ads.sp_advertised_products: {day: date, after: 6}
--   reference.calendar: {day: day, after: 6, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   week_start: {type: date, description: "Sunday that begins the week."}
--   search_query: {type: text, description: "What customers typed, as Amazon writes it."}
--   asin: {type: text, description: "Your ASIN; empty: all your ASINs together."}
--   search_volume: {type: integer, unit: searches, description: "How often the query was searched."}
--   impressions_total: {type: integer, unit: impressions, description: "Impressions of all products for the query."}
--   impressions: {type: integer, unit: impressions, description: "Yours of them."}
--   impression_share: {type: decimal, unit: ratio, description: "impressions / impressions_total."}
--   clicks_total: {type: integer, unit: clicks, description: "Clicks on all products."}
--   clicks: {type: integer, unit: clicks, description: "Yours of them."}
--   click_share: {type: decimal, unit: ratio, description: "clicks / clicks_total."}
--   cart_adds_total: {type: integer, unit: cart adds, description: "Cart adds of all products."}
--   cart_adds: {type: integer, unit: cart adds, description: "Yours of them."}
--   cart_add_share: {type: decimal, unit: ratio, description: "cart_adds / cart_adds_total."}
--   purchases_total: {type: integer, unit: purchases, description: "Purchases of all products."}
--   purchases: {type: integer, unit: purchases, description: "Yours of them."}
--   purchase_share: {type: decimal, unit: ratio, description: "purchases / purchases_total."}
--   paid_impressions: {type: integer, unit: impressions, description: "Impressions of Sponsored Products for the same text. Null: no ads are reported for the week."}
--   paid_clicks: {type: integer, unit: clicks, description: "Clicks on Sponsored Products."}
--   paid_orders: {type: integer, unit: orders, description: "Orders within 7 days of these clicks."}
--   paid_spend: {type: decimal, unit: currency, description: "Cost of these clicks, positive."}
--   paid_sales: {type: decimal, unit: currency, description: "Sales within 7 days of these clicks."}
--   organic_clicks: {type: integer, unit: clicks, description: "clicks minus paid_clicks, at least 0."}
--   organic_purchases: {type: integer, unit: purchases, description: "purchases minus paid_orders, at least 0."}
--   warning: {type: text, description: "paid_exceeds_own: ads have more clicks or orders than Amazon's figures of the query (which count purchases within 24 hours of the search); else empty."}
--   status: {type: text, description: "complete; estimated: Sponsored Products sales of the week may still grow; incomplete: no ads are reported."}
--   missing: {type: text, description: "ads: no search terms are reported for the week."}
WITH queries AS (
    SELECT q.account_id, q.marketplace_id, q.start_date AS week_start, q.search_query, q.asin,
           COALESCE(q.search_query_volume, 0) AS search_volume,
           COALESCE(q.total_query_impression_count, 0) AS impressions_total, COALESCE(q.asin_impression_count, 0) AS impressions,
           COALESCE(q.total_click_count, 0) AS clicks_total, COALESCE(q.asin_click_count, 0) AS clicks,
           COALESCE(q.total_cart_add_count, 0) AS cart_adds_total, COALESCE(q.asin_cart_add_count, 0) AS cart_adds,
           COALESCE(q.total_purchase_count, 0) AS purchases_total, COALESCE(q.asin_purchase_count, 0) AS purchases
    FROM {{ source('amazon_sp.search_query_performance_weekly') }} AS q
    UNION ALL
    SELECT q.account_id, q.marketplace_id, q.start_date, q.search_query, '', MAX(COALESCE(q.search_query_volume, 0)),
           MAX(COALESCE(q.total_query_impression_count, 0)), SUM(COALESCE(q.asin_impression_count, 0)),
           MAX(COALESCE(q.total_click_count, 0)), SUM(COALESCE(q.asin_click_count, 0)),
           MAX(COALESCE(q.total_cart_add_count, 0)), SUM(COALESCE(q.asin_cart_add_count, 0)),
           MAX(COALESCE(q.total_purchase_count, 0)), SUM(COALESCE(q.asin_purchase_count, 0))
    FROM {{ source('amazon_sp.search_query_performance_weekly') }} AS q
    GROUP BY q.account_id, q.marketplace_id, q.start_date, q.search_query
),
terms AS (
    SELECT t.account_id, t.marketplace_id, c.week_sunday AS week_start, t.campaign_id, t.ad_group_id,
           TRIM(t.search_term) AS search_query, SUM(COALESCE(t.impressions, 0)) AS impressions,
           SUM(COALESCE(t.clicks, 0)) AS clicks, SUM(COALESCE(t.purchases_7d, 0)) AS orders,
           SUM(COALESCE(t.cost, 0)) AS spend, SUM(COALESCE(t.sales_7d, 0)) AS sales,
           MIN(CAST(t.reported_at AT TIME ZONE 'UTC' AS DATE)) AS reported_on
    FROM {{ source('amazon_ads.sp_search_terms') }} AS t
    JOIN {{ source('reference.calendar') }} AS c ON c.day = t.date
    GROUP BY t.account_id, t.marketplace_id, c.week_sunday, t.campaign_id, t.ad_group_id, TRIM(t.search_term)
),
advertised AS (
    SELECT p.account_id, p.marketplace_id, c.week_sunday AS week_start, p.campaign_id, p.ad_group_id,
           MAX(p.advertised_asin) AS asin
    FROM {{ source('amazon_ads.sp_advertised_products') }} AS p
    JOIN {{ source('reference.calendar') }} AS c ON c.day = p.date
    GROUP BY p.account_id, p.marketplace_id, c.week_sunday, p.campaign_id, p.ad_group_id
    HAVING COUNT(DISTINCT p.advertised_asin) = 1
),
paid AS (
    SELECT t.account_id, t.marketplace_id, t.week_start, t.search_query, '' AS asin, SUM(t.impressions) AS impressions,
           SUM(t.clicks) AS clicks, SUM(t.orders) AS orders, SUM(t.spend) AS spend, SUM(t.sales) AS sales
    FROM terms AS t
    GROUP BY t.account_id, t.marketplace_id, t.week_start, t.search_query
    UNION ALL
    SELECT t.account_id, t.marketplace_id, t.week_start, t.search_query, a.asin, SUM(t.impressions), SUM(t.clicks),
           SUM(t.orders), SUM(t.spend), SUM(t.sales)
    FROM terms AS t
    JOIN advertised AS a
      ON a.account_id = t.account_id AND a.marketplace_id = t.marketplace_id AND a.week_start = t.week_start
     AND a.campaign_id = t.campaign_id AND a.ad_group_id = t.ad_group_id
    GROUP BY t.account_id, t.marketplace_id, t.week_start, t.search_query, a.asin
),
ad_weeks AS (
    SELECT t.account_id, t.marketplace_id, t.week_start, MIN(t.reported_on) AS reported_on
    FROM terms AS t
    GROUP BY t.account_id, t.marketplace_id, t.week_start
),
joined AS (
    SELECT q.account_id, q.marketplace_id, q.week_start, q.search_query, q.asin, q.search_volume, q.impressions_total,
           q.impressions, q.clicks_total, q.clicks, q.cart_adds_total, q.cart_adds, q.purchases_total, q.purchases,
           CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.impressions, 0) END AS paid_impressions,
           CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.clicks, 0) END AS paid_clicks,
           CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.orders, 0) END AS paid_orders,
           CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.spend, 0) END AS paid_spend,
           CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.sales, 0) END AS paid_sales, w.reported_on
    FROM queries AS q
    LEFT JOIN paid AS p
      ON p.account_id = q.account_id AND p.marketplace_id = q.marketplace_id AND p.week_start = q.week_start
     AND p.search_query = TRIM(q.search_query) AND p.asin = q.asin
    LEFT JOIN ad_weeks AS w
      ON w.account_id = q.account_id AND w.marketplace_id = q.marketplace_id AND w.week_start = q.week_start
)
SELECT j.account_id, j.marketplace_id, j.week_start, j.search_query, j.asin, j.search_volume, j.impressions_total,
       j.impressions, ROUND(CAST(j.impressions AS NUMERIC) / NULLIF(j.impressions_total, 0), 6) AS impression_share,
       j.clicks_total, j.clicks, ROUND(CAST(j.clicks AS NUMERIC) / NULLIF(j.clicks_total, 0), 6) AS click_share,
       j.cart_adds_total, j.cart_adds,
       ROUND(CAST(j.cart_adds AS NUMERIC) / NULLIF(j.cart_adds_total, 0), 6) AS cart_add_share,
       j.purchases_total, j.purchases,
       ROUND(CAST(j.purchases AS NUMERIC) / NULLIF(j.purchases_total, 0), 6) AS purchase_share,
       j.paid_impressions, j.paid_clicks, j.paid_orders, j.paid_spend, j.paid_sales,
       CASE WHEN j.clicks >= j.paid_clicks THEN j.clicks - j.paid_clicks
            WHEN j.clicks < j.paid_clicks THEN 0 END AS organic_clicks,
       CASE WHEN j.purchases >= j.paid_orders THEN j.purchases - j.paid_orders
            WHEN j.purchases < j.paid_orders THEN 0 END AS organic_purchases,
       CASE WHEN j.clicks < j.paid_clicks OR j.purchases < j.paid_orders THEN 'paid_exceeds_own' ELSE '' END AS warning,
       CASE WHEN j.reported_on IS NULL THEN 'incomplete'
            WHEN j.reported_on >= CAST(j.week_start + INTERVAL '16' DAY AS DATE) THEN 'complete'
            ELSE 'estimated' END AS status,
       CASE WHEN j.reported_on IS NULL THEN 'ads' ELSE '' END AS missing
FROM joined AS j
