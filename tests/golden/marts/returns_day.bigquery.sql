WITH returned AS (
  SELECT
    r.account_id,
    DATE(r.return_date, 'UTC') AS day,
    COALESCE(r.sku, '') AS sku,
    r.asin,
    COALESCE(r.detailed_disposition, '') AS disposition,
    COALESCE(r.reason, '') AS reason,
    COALESCE(r.quantity, 0) AS units,
    r.order_id,
    DATE(r.reported_at, 'UTC') AS reported_on
  FROM __source__amazon_sp__dot__fba_customer_returns__ AS r
)
SELECT
  r.account_id,
  r.day,
  r.sku,
  MAX(r.asin) AS asin,
  r.disposition,
  r.reason,
  r.disposition = 'SELLABLE' AS is_sellable,
  SUM(r.units) AS units,
  COUNT(DISTINCT r.order_id) AS orders,
  CASE
    WHEN MAX(r.reported_on) >= CAST(r.day + INTERVAL '3' DAY AS DATE)
    THEN 'complete'
    ELSE 'estimated'
  END AS status,
  '' AS missing
FROM returned AS r
GROUP BY
  r.account_id,
  r.day,
  r.sku,
  r.disposition,
  r.reason
