WITH seen AS (
  SELECT
    l.account_id,
    DATE(l.snapshot_at, 'UTC') AS day,
    l.seller_sku AS sku,
    l.asin1 AS asin,
    '' AS fnsku,
    1 AS is_listed
  FROM __source__amazon_sp__dot__listings_all__ AS l
  UNION ALL
  SELECT
    s.account_id,
    s.date,
    s.sku,
    s.child_asin,
    '',
    0
  FROM __source__amazon_sp__dot__sales_daily_by_sku__ AS s
  UNION ALL
  SELECT
    i.account_id,
    i.date,
    i.msku,
    i.asin,
    i.fnsku,
    0
  FROM __source__amazon_sp__dot__inventory_ledger_summary__ AS i
  UNION ALL
  SELECT
    e.account_id,
    e.date,
    e.msku,
    e.child_asin,
    e.fnsku,
    0
  FROM __source__amazon_sp__dot__economics__ AS e
  UNION ALL
  SELECT
    o.account_id,
    DATE(o.purchase_date, 'UTC'),
    o.sku,
    o.asin,
    '',
    0
  FROM __source__amazon_sp__dot__all_orders__ AS o
  UNION ALL
  SELECT
    r.account_id,
    DATE(r.return_date, 'UTC'),
    r.sku,
    r.asin,
    r.fnsku,
    0
  FROM __source__amazon_sp__dot__fba_customer_returns__ AS r
  UNION ALL
  SELECT
    b.account_id,
    DATE(b.approval_date, 'UTC'),
    b.sku,
    b.asin,
    b.fnsku,
    0
  FROM __source__amazon_sp__dot__reimbursements__ AS b
  UNION ALL
  SELECT
    t.account_id,
    DATE(t.posted_date_time, 'UTC'),
    t.sku,
    '',
    '',
    0
  FROM __source__amazon_sp__dot__settlements__ AS t
  UNION ALL
  SELECT
    p.account_id,
    p.date,
    p.advertised_sku,
    p.advertised_asin,
    '',
    0
  FROM __source__amazon_ads__dot__sp_advertised_products__ AS p
  UNION ALL
  SELECT
    d.account_id,
    d.date,
    d.promoted_sku,
    d.promoted_asin,
    '',
    0
  FROM __source__amazon_ads__dot__sd_advertised_products__ AS d
), named AS (
  SELECT
    s.account_id,
    s.day,
    TRIM(s.sku, ' ') AS sku,
    s.is_listed,
    CASE WHEN s.asin IS NULL OR s.asin LIKE 'none%' THEN '' ELSE TRIM(s.asin, ' ') END AS asin, /* The placeholder of an absent value begins with `none`. */
    CASE
      WHEN s.fnsku IS NULL OR s.fnsku LIKE 'none%'
      THEN ''
      ELSE TRIM(s.fnsku, ' ')
    END AS fnsku
  FROM seen AS s
  WHERE
    s.sku IS NOT NULL AND TRIM(s.sku, ' ') <> '' AND s.sku NOT LIKE 'none%'
)
SELECT
  n.account_id,
  c.week_monday,
  n.sku,
  n.asin,
  n.fnsku,
  MIN(n.day) AS first_day,
  MAX(n.day) AS last_day,
  MAX(n.is_listed) = 1 AS is_listed,
  MIN(n.is_listed) = 0 AS is_used
FROM named AS n
JOIN __source__reference__dot__calendar__ AS c
  ON c.day = n.day
GROUP BY
  n.account_id,
  c.week_monday,
  n.sku,
  n.asin,
  n.fnsku
