WITH listings AS (
  SELECT
    l.account_id,
    l.marketplace_id,
    c.month_first,
    TRIM(l.seller_sku, ' ') AS sku,
    l.asin1 AS asin,
    l.item_name,
    l.status,
    l.fulfillment_channel,
    l.price,
    l.snapshot_at,
    m.currency,
    ROW_NUMBER() OVER (
      PARTITION BY l.account_id, l.marketplace_id, c.month_first, TRIM(l.seller_sku, ' ')
      ORDER BY l.snapshot_at DESC, l.source_line
    ) AS place
  FROM __source__amazon_sp__dot__listings_all__ AS l
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = l.marketplace_id
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = DATE(l.snapshot_at, m.time_zone)
), catalogue AS (
  SELECT
    k.account_id,
    k.marketplace_id,
    c.month_first,
    k.asin,
    k.brand,
    k.product_type,
    ROW_NUMBER() OVER (
      PARTITION BY k.account_id, k.marketplace_id, c.month_first, k.asin
      ORDER BY k.snapshot_at DESC, k.source_line
    ) AS place
  FROM __source__amazon_sp__dot__catalog_items__ AS k
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = k.marketplace_id
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = DATE(k.snapshot_at, m.time_zone)
), fees AS (
  SELECT
    f.account_id,
    f.marketplace_id,
    c.month_first,
    TRIM(f.sku, ' ') AS sku,
    f.fnsku,
    f.brand,
    COALESCE(f.product_size_tier, f.product_size_weight_band) AS size_tier,
    ROW_NUMBER() OVER (
      PARTITION BY f.account_id, f.marketplace_id, c.month_first, TRIM(f.sku, ' ')
      ORDER BY f.snapshot_at DESC, f.source_line
    ) AS place
  FROM __source__amazon_sp__dot__fee_preview__ AS f
  JOIN __source__reference__dot__marketplace__ AS m
    ON m.id = f.marketplace_id
  JOIN __source__reference__dot__calendar__ AS c
    ON c.day = DATE(f.snapshot_at, m.time_zone)
)
SELECT
  l.account_id,
  l.marketplace_id,
  l.month_first,
  l.sku,
  l.asin,
  f.fnsku,
  l.item_name AS title,
  COALESCE(k.brand, f.brand) AS brand,
  k.product_type,
  f.size_tier,
  l.status AS listing_status,
  CASE
    WHEN l.fulfillment_channel LIKE 'AMAZON%'
    THEN 'AMAZON'
    WHEN l.fulfillment_channel <> ''
    THEN 'MERCHANT'
  END AS fulfilment_channel,
  l.price,
  l.currency,
  l.snapshot_at AS seen_at
FROM listings AS l
LEFT JOIN catalogue AS k
  ON k.account_id = l.account_id
  AND k.marketplace_id = l.marketplace_id
  AND k.month_first = l.month_first
  AND k.asin = l.asin
  AND k.place = 1
LEFT JOIN fees AS f
  ON f.account_id = l.account_id
  AND f.marketplace_id = l.marketplace_id
  AND f.month_first = l.month_first
  AND f.sku = l.sku
  AND f.place = 1
WHERE
  l.place = 1
