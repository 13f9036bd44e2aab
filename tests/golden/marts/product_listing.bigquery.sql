WITH newest AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    l.sku,
    MAX(l.month_first) AS month_first
  FROM __ref__listing_month__ AS l
  GROUP BY
    l.account_id,
    l.marketplace_id,
    l.sku
)
SELECT
  l.account_id,
  l.marketplace_id,
  l.sku,
  l.asin,
  l.fnsku,
  l.title,
  l.brand,
  l.product_type,
  l.size_tier,
  l.listing_status,
  l.fulfilment_channel,
  l.price,
  l.currency,
  l.seen_at
FROM newest AS n
JOIN __ref__listing_month__ AS l
  ON l.account_id = n.account_id
  AND l.marketplace_id = n.marketplace_id
  AND l.sku = n.sku
  AND l.month_first = n.month_first
