WITH parts AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.asin,
    1 AS is_sales,
    0 AS is_stock,
    1 AS is_row,
    0 AS is_hidden,
    COALESCE(s.units_ordered, s.reported_units) AS units,
    s.sales_ordered AS sales,
    s.promotion_discounts AS discounts,
    CASE WHEN s.status = 'complete' THEN 0 ELSE 1 END AS unsettled,
    CAST(NULL AS INT64) AS page_views,
    CAST(NULL AS BIGNUMERIC) AS buy_box_views,
    CAST(NULL AS INT64) AS available,
    CAST(NULL AS INT64) AS available_before
  FROM __ref__sales_day__ AS s
  UNION ALL
  SELECT
    t.account_id,
    t.marketplace_id,
    t.day,
    t.sku,
    t.asin,
    1,
    0,
    1,
    0,
    NULL,
    NULL,
    NULL,
    0,
    t.page_views,
    t.buy_box_views,
    NULL,
    NULL
  FROM __ref__traffic_sku_day__ AS t
  UNION ALL
  SELECT
    i.account_id,
    i.marketplace_id,
    i.day,
    i.sku,
    i.asin,
    0,
    1,
    1,
    0,
    NULL,
    NULL,
    NULL,
    CASE WHEN i.status = 'complete' THEN 0 ELSE 1 END,
    NULL,
    NULL,
    i.sellable,
    NULL
  FROM __ref__inventory_day__ AS i
  WHERE
    i.marketplace_id <> '' AND i.sellable IS NOT NULL
  UNION ALL
  SELECT
    b.account_id,
    b.marketplace_id,
    CAST(b.day + INTERVAL '1' DAY AS DATE),
    b.sku,
    NULL,
    0,
    0,
    0,
    0,
    NULL,
    NULL,
    NULL,
    0,
    NULL,
    NULL,
    NULL,
    b.sellable
  FROM __ref__inventory_day__ AS b
  WHERE
    b.marketplace_id <> '' AND b.sellable IS NOT NULL
  UNION ALL
  /* A marketplace without a visit or an order all day has no SKUs in its reports, but the day is known. */
  SELECT
    z.account_id,
    z.marketplace_id,
    z.date,
    '',
    NULL,
    1,
    0,
    0,
    0,
    NULL,
    NULL,
    NULL,
    0,
    NULL,
    NULL,
    NULL,
    NULL
  FROM __source__amazon_sp__dot__sales_daily_totals__ AS z
  WHERE
    z.units_ordered = 0
  UNION ALL
  SELECT
    h.account_id,
    h.marketplace_id,
    DATE(h.snapshot_at, m.time_zone),
    h.sku,
    NULL,
    0,
    0,
    0,
    1,
    NULL,
    NULL,
    NULL,
    0,
    NULL,
    NULL,
    NULL,
    NULL
  FROM __source__amazon_sp__dot__suppressed_listings__ AS h
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = h.marketplace_id
), days AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    MAX(p.is_sales) AS has_sales,
    MAX(p.is_stock) AS has_stock
  FROM parts AS p
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day
), summed AS (
  SELECT
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku,
    MAX(p.asin) AS asin,
    SUM(p.units) AS units,
    SUM(p.sales) AS sales,
    COALESCE(-SUM(p.discounts), 0) AS discounts,
    SUM(p.unsettled) AS unsettled,
    SUM(p.page_views) AS page_views,
    SUM(p.buy_box_views) AS buy_box_views,
    SUM(p.available) AS available,
    SUM(p.available_before) AS available_before,
    MAX(p.is_hidden) AS is_hidden
  FROM parts AS p
  WHERE
    p.sku <> ''
  GROUP BY
    p.account_id,
    p.marketplace_id,
    p.day,
    p.sku
  HAVING
    MAX(p.is_row) = 1
), deals AS (
  SELECT
    c.marketplace_id,
    c.day,
    CASE WHEN COUNT(*) = 1 THEN MAX(c.event) ELSE 'several' END AS event
  FROM __source__reference__dot__calendar_event__ AS c
  WHERE
    c.kind = 'deal'
  GROUP BY
    c.marketplace_id,
    c.day
), known AS (
  SELECT
    s.account_id,
    s.marketplace_id,
    s.day,
    s.sku,
    s.asin,
    d.has_sales,
    d.has_stock,
    s.unsettled,
    CASE WHEN d.has_sales = 1 THEN COALESCE(s.units, 0) END AS units,
    s.available,
    s.available_before,
    s.page_views,
    ROUND(
      CAST(CAST(100 * s.buy_box_views AS BIGNUMERIC) / NULLIF(s.page_views, 0) AS BIGNUMERIC),
      6
    ) AS buy_box_percentage,
    s.is_hidden,
    COALESCE(
      c.event,
      CASE
        WHEN s.discounts > 0 AND s.discounts * 20 >= COALESCE(s.sales, 0)
        THEN 'promotion'
        ELSE ''
      END
    ) AS events
  FROM summed AS s
  JOIN days AS d
    ON d.account_id = s.account_id
    AND d.marketplace_id = s.marketplace_id
    AND d.day = s.day
  LEFT JOIN deals AS c
    ON c.marketplace_id = s.marketplace_id AND c.day = s.day
), masked AS (
  SELECT
    k.account_id,
    k.marketplace_id,
    k.day,
    k.sku,
    k.asin,
    k.units,
    k.available,
    k.available_before,
    k.buy_box_percentage,
    k.events,
    k.has_sales,
    k.has_stock,
    k.unsettled,
    CASE
      WHEN k.available <= 0
      AND COALESCE(k.available_before, 0) <= 0
      AND COALESCE(k.units, 0) = 0
      THEN 'stock_out'
      WHEN k.available <= 0 OR k.available_before <= 0
      THEN 'partial'
      WHEN k.is_hidden = 1
      THEN 'suppressed'
      WHEN k.page_views >= 10 AND k.buy_box_percentage < 5
      THEN 'buy_box'
      ELSE ''
    END AS mask_reason
  FROM known AS k
)
SELECT
  m.account_id,
  m.marketplace_id,
  m.day,
  m.sku,
  m.asin,
  m.units,
  m.available,
  m.available_before,
  m.buy_box_percentage,
  m.mask_reason <> '' AS is_masked,
  m.mask_reason,
  m.events,
  CASE
    WHEN m.has_sales = 0 OR m.has_stock = 0
    THEN 'incomplete'
    WHEN m.unsettled > 0
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  LTRIM(
    CASE WHEN m.has_sales = 1 THEN '' ELSE ', sales' END || CASE WHEN m.has_stock = 1 THEN '' ELSE ', stock' END,
    ', '
  ) AS missing
FROM masked AS m
