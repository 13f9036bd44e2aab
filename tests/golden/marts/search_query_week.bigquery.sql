WITH queries AS (
  SELECT
    q.account_id,
    q.marketplace_id,
    q.start_date AS week_start,
    q.search_query,
    q.asin,
    COALESCE(q.search_query_volume, 0) AS search_volume,
    COALESCE(q.total_query_impression_count, 0) AS impressions_total,
    COALESCE(q.asin_impression_count, 0) AS impressions,
    COALESCE(q.total_click_count, 0) AS clicks_total,
    COALESCE(q.asin_click_count, 0) AS clicks,
    COALESCE(q.total_cart_add_count, 0) AS cart_adds_total,
    COALESCE(q.asin_cart_add_count, 0) AS cart_adds,
    COALESCE(q.total_purchase_count, 0) AS purchases_total,
    COALESCE(q.asin_purchase_count, 0) AS purchases
  FROM __source__amazon_sp__dot__search_query_performance_weekly__ AS q
  UNION ALL
  SELECT
    q.account_id,
    q.marketplace_id,
    q.start_date,
    q.search_query,
    '',
    MAX(COALESCE(q.search_query_volume, 0)),
    MAX(COALESCE(q.total_query_impression_count, 0)),
    SUM(COALESCE(q.asin_impression_count, 0)),
    MAX(COALESCE(q.total_click_count, 0)),
    SUM(COALESCE(q.asin_click_count, 0)),
    MAX(COALESCE(q.total_cart_add_count, 0)),
    SUM(COALESCE(q.asin_cart_add_count, 0)),
    MAX(COALESCE(q.total_purchase_count, 0)),
    SUM(COALESCE(q.asin_purchase_count, 0))
  FROM __source__amazon_sp__dot__search_query_performance_weekly__ AS q
  GROUP BY
    q.account_id,
    q.marketplace_id,
    q.start_date,
    q.search_query
), terms AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    c.week_sunday AS week_start,
    t.campaign_id,
    t.ad_group_id,
    TRIM(t.search_term, ' ') AS search_query,
    SUM(COALESCE(t.impressions, 0)) AS impressions,
    SUM(COALESCE(t.clicks, 0)) AS clicks,
    SUM(COALESCE(t.purchases_7d, 0)) AS orders,
    SUM(COALESCE(t.cost, 0)) AS spend,
    SUM(COALESCE(t.sales_7d, 0)) AS sales,
    MIN(DATE(t.reported_at, 'UTC')) AS reported_on
  FROM __source__amazon_ads__dot__sp_search_terms__ AS t
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = t.date
  GROUP BY
    t.account_id,
    t.marketplace_id,
    c.week_sunday,
    t.campaign_id,
    t.ad_group_id,
    TRIM(t.search_term, ' ')
), advertised AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    c.week_sunday AS week_start,
    p.campaign_id,
    p.ad_group_id,
    MAX(p.advertised_asin) AS asin
  FROM __source__amazon_ads__dot__sp_advertised_products__ AS p
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = p.date
  GROUP BY
    p.account_id,
    p.marketplace_id,
    c.week_sunday,
    p.campaign_id,
    p.ad_group_id
  HAVING
    COUNT(DISTINCT p.advertised_asin) = 1
), paid AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.week_start,
    t.search_query,
    '' AS asin,
    SUM(t.impressions) AS impressions,
    SUM(t.clicks) AS clicks,
    SUM(t.orders) AS orders,
    SUM(t.spend) AS spend,
    SUM(t.sales) AS sales
  FROM terms AS t
  GROUP BY
    t.account_id,
    t.marketplace_id,
    t.week_start,
    t.search_query
  UNION ALL
  SELECT
    t.account_id,
    t.marketplace_id,
    t.week_start,
    t.search_query,
    a.asin,
    SUM(t.impressions),
    SUM(t.clicks),
    SUM(t.orders),
    SUM(t.spend),
    SUM(t.sales)
  FROM terms AS t
  JOIN advertised AS a
    ON a.account_id = t.account_id
    AND a.marketplace_id = t.marketplace_id
    AND a.week_start = t.week_start
    AND a.campaign_id = t.campaign_id
    AND a.ad_group_id = t.ad_group_id
  GROUP BY
    t.account_id,
    t.marketplace_id,
    t.week_start,
    t.search_query,
    a.asin
), ad_weeks AS (
  SELECT
    t.account_id,
    t.marketplace_id,
    t.week_start,
    MIN(t.reported_on) AS reported_on
  FROM terms AS t
  GROUP BY
    t.account_id,
    t.marketplace_id,
    t.week_start
), joined AS (
  SELECT
    q.account_id,
    q.marketplace_id,
    q.week_start,
    q.search_query,
    q.asin,
    q.search_volume,
    q.impressions_total,
    q.impressions,
    q.clicks_total,
    q.clicks,
    q.cart_adds_total,
    q.cart_adds,
    q.purchases_total,
    q.purchases,
    CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.impressions, 0) END AS paid_impressions,
    CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.clicks, 0) END AS paid_clicks,
    CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.orders, 0) END AS paid_orders,
    CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.spend, 0) END AS paid_spend,
    CASE WHEN w.week_start IS NOT NULL THEN COALESCE(p.sales, 0) END AS paid_sales,
    w.reported_on
  FROM queries AS q
  LEFT JOIN paid AS p
    ON p.account_id = q.account_id
    AND p.marketplace_id = q.marketplace_id
    AND p.week_start = q.week_start
    AND p.search_query = TRIM(q.search_query, ' ')
    AND p.asin = q.asin
  LEFT JOIN ad_weeks AS w
    ON w.account_id = q.account_id
    AND w.marketplace_id = q.marketplace_id
    AND w.week_start = q.week_start
)
SELECT
  j.account_id,
  j.marketplace_id,
  j.week_start,
  j.search_query,
  j.asin,
  j.search_volume,
  j.impressions_total,
  j.impressions,
  ROUND(
    CAST(CAST(CAST(j.impressions AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(j.impressions_total, 0) AS BIGNUMERIC),
    6
  ) AS impression_share,
  j.clicks_total,
  j.clicks,
  ROUND(
    CAST(CAST(CAST(j.clicks AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(j.clicks_total, 0) AS BIGNUMERIC),
    6
  ) AS click_share,
  j.cart_adds_total,
  j.cart_adds,
  ROUND(
    CAST(CAST(CAST(j.cart_adds AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(j.cart_adds_total, 0) AS BIGNUMERIC),
    6
  ) AS cart_add_share,
  j.purchases_total,
  j.purchases,
  ROUND(
    CAST(CAST(CAST(j.purchases AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(j.purchases_total, 0) AS BIGNUMERIC),
    6
  ) AS purchase_share,
  j.paid_impressions,
  j.paid_clicks,
  j.paid_orders,
  j.paid_spend,
  j.paid_sales,
  CASE
    WHEN j.clicks >= j.paid_clicks
    THEN j.clicks - j.paid_clicks
    WHEN j.clicks < j.paid_clicks
    THEN 0
  END AS organic_clicks,
  CASE
    WHEN j.purchases >= j.paid_orders
    THEN j.purchases - j.paid_orders
    WHEN j.purchases < j.paid_orders
    THEN 0
  END AS organic_purchases,
  CASE
    WHEN j.clicks < j.paid_clicks OR j.purchases < j.paid_orders
    THEN 'paid_exceeds_own'
    ELSE ''
  END AS warning,
  CASE
    WHEN j.reported_on IS NULL
    THEN 'incomplete'
    WHEN j.reported_on >= CAST(j.week_start + INTERVAL '16' DAY AS DATE)
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  CASE WHEN j.reported_on IS NULL THEN 'ads' ELSE '' END AS missing
FROM joined AS j
