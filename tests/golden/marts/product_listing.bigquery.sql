WITH placed AS (
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
    l.seen_at,
    ROW_NUMBER() OVER (PARTITION BY l.account_id, l.marketplace_id, l.sku ORDER BY l.month_first DESC) AS place
  FROM __ref__listing_month__ AS l
)
SELECT
  p.account_id,
  p.marketplace_id,
  p.sku,
  p.asin,
  p.fnsku,
  p.title,
  p.brand,
  p.product_type,
  p.size_tier,
  p.listing_status,
  p.fulfilment_channel,
  p.price,
  p.currency,
  p.seen_at
FROM placed AS p
WHERE
  p.place = 1
