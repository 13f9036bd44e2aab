SELECT
  s.account_id,
  s.marketplace_id,
  s.date AS day,
  s.child_asin AS asin,
  s.parent_asin,
  s.sessions,
  s.browser_sessions AS sessions_browser,
  s.mobile_app_sessions AS sessions_app,
  s.sessions_b2b,
  s.page_views,
  s.page_views_b2b,
  s.buy_box_percentage,
  ROUND(
    CAST(CAST(s.page_views * s.buy_box_percentage AS BIGNUMERIC) / CAST('100.0' AS BIGNUMERIC) AS BIGNUMERIC),
    6
  ) AS buy_box_views,
  s.units_ordered,
  s.total_order_items AS order_items,
  ROUND(
    CAST(CAST(CAST(s.units_ordered AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(s.sessions, 0) AS BIGNUMERIC),
    6
  ) AS units_per_session,
  ROUND(
    CAST(CAST(CAST(s.total_order_items AS BIGNUMERIC) AS BIGNUMERIC) / NULLIF(s.sessions, 0) AS BIGNUMERIC),
    6
  ) AS orders_per_session,
  CASE
    WHEN DATE(s.reported_at, 'UTC') >= CAST(s.date + INTERVAL '3' DAY AS DATE)
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  '' AS missing
FROM __source__amazon_sp__dot__sales_daily__ AS s
