-- description: The last state of each listing in a month, with what the catalogue and the fee preview say about it.
-- group: reference
-- grain: [account_id, marketplace_id, month_first, sku]
-- partition: [account_id, marketplace_id, month_first]
-- inputs:
--   amazon_sp.listings_all: {moment: snapshot_at, zones: own, after: 30}
--   amazon_sp.catalog_items: {moment: snapshot_at, zones: own, after: 30}
--   amazon_sp.fee_preview: {moment: snapshot_at, zones: own, after: 30}
--   reference.calendar: {day: day, after: 30, account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   month_first: {type: date, description: "First day of the month, in the marketplace's time zone."}
--   sku: {type: text, description: "Your SKU."}
--   asin: {type: text, description: "ASIN of the listing."}
--   fnsku: {type: text, description: "FNSKU, if the fee preview names it."}
--   title: {type: text, description: "Title of the listing."}
--   brand: {type: text, description: "Brand, from the catalogue, else the fee preview."}
--   product_type: {type: text, description: "Amazon's product type, from the catalogue."}
--   size_tier: {type: text, description: "Size tier by which Amazon charges fulfilment."}
--   listing_status: {type: text, description: "Status as the listings report writes it: Active, Inactive, ..."}
--   fulfilment_channel: {type: text, description: "AMAZON or MERCHANT."}
--   price: {type: decimal, unit: currency, description: "Price of the offer."}
--   currency: {type: text, description: "Currency of the marketplace."}
--   seen_at: {type: timestamp, description: "Snapshot of the listings (UTC)."}
WITH
-- A snapshot has one moment, so that few are converted, and the newest row of a SKU is found before any is ranked:
-- both of a month's rows take seconds.
moments AS (
    SELECT l.account_id, l.marketplace_id, l.snapshot_at FROM {{ source('amazon_sp.listings_all') }} AS l
    GROUP BY l.account_id, l.marketplace_id, l.snapshot_at
    UNION ALL
    SELECT k.account_id, k.marketplace_id, k.snapshot_at FROM {{ source('amazon_sp.catalog_items') }} AS k
    GROUP BY k.account_id, k.marketplace_id, k.snapshot_at
    UNION ALL
    SELECT f.account_id, f.marketplace_id, f.snapshot_at FROM {{ source('amazon_sp.fee_preview') }} AS f
    GROUP BY f.account_id, f.marketplace_id, f.snapshot_at
),
months AS (
    SELECT t.account_id, t.marketplace_id, t.snapshot_at, c.month_first, m.currency
    FROM moments AS t
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = t.marketplace_id
    JOIN {{ source('reference.calendar') }} AS c ON c.day = CAST(t.snapshot_at AT TIME ZONE m.time_zone AS date)
    GROUP BY t.account_id, t.marketplace_id, t.snapshot_at, c.month_first, m.currency
),
newest_listings AS (
    SELECT l.account_id, l.marketplace_id, t.month_first, l.seller_sku, t.currency, MAX(l.snapshot_at) AS snapshot_at
    FROM {{ source('amazon_sp.listings_all') }} AS l
    JOIN months AS t
      ON t.account_id = l.account_id AND t.marketplace_id = l.marketplace_id AND t.snapshot_at = l.snapshot_at
    GROUP BY l.account_id, l.marketplace_id, t.month_first, l.seller_sku, t.currency
),
-- One or two snapshots have the newest rows of nearly all SKUs of a month: only rows of these are looked at one by one.
listing_moments AS (
    SELECT n.account_id, n.marketplace_id, n.snapshot_at FROM newest_listings AS n
    GROUP BY n.account_id, n.marketplace_id, n.snapshot_at
),
listings AS (
    SELECT l.account_id, l.marketplace_id, n.month_first, TRIM(l.seller_sku) AS sku, l.asin1 AS asin, l.item_name, l.status,
           l.fulfillment_channel, l.price, l.snapshot_at, n.currency,
           ROW_NUMBER() OVER (
               PARTITION BY l.account_id, l.marketplace_id, n.month_first, TRIM(l.seller_sku)
               ORDER BY l.snapshot_at DESC, l.source_line
           ) AS place
    FROM listing_moments AS t
    JOIN {{ source('amazon_sp.listings_all') }} AS l
      ON l.account_id = t.account_id AND l.marketplace_id = t.marketplace_id AND l.snapshot_at = t.snapshot_at
    JOIN newest_listings AS n
      ON n.account_id = l.account_id AND n.marketplace_id = l.marketplace_id AND n.seller_sku = l.seller_sku
     AND n.snapshot_at = l.snapshot_at
),
catalogue AS (
    SELECT k.account_id, k.marketplace_id, t.month_first, k.asin, k.brand, k.product_type,
           ROW_NUMBER() OVER (
               PARTITION BY k.account_id, k.marketplace_id, t.month_first, k.asin
               ORDER BY k.snapshot_at DESC, k.source_line
           ) AS place
    FROM {{ source('amazon_sp.catalog_items') }} AS k
    JOIN months AS t
      ON t.account_id = k.account_id AND t.marketplace_id = k.marketplace_id AND t.snapshot_at = k.snapshot_at
),
newest_fees AS (
    SELECT f.account_id, f.marketplace_id, t.month_first, f.sku, MAX(f.snapshot_at) AS snapshot_at
    FROM {{ source('amazon_sp.fee_preview') }} AS f
    JOIN months AS t
      ON t.account_id = f.account_id AND t.marketplace_id = f.marketplace_id AND t.snapshot_at = f.snapshot_at
    GROUP BY f.account_id, f.marketplace_id, t.month_first, f.sku
),
fee_moments AS (
    SELECT n.account_id, n.marketplace_id, n.snapshot_at FROM newest_fees AS n
    GROUP BY n.account_id, n.marketplace_id, n.snapshot_at
),
fees AS (
    SELECT f.account_id, f.marketplace_id, n.month_first, TRIM(f.sku) AS sku, f.fnsku, f.brand,
           COALESCE(f.product_size_tier, f.product_size_weight_band) AS size_tier,
           ROW_NUMBER() OVER (
               PARTITION BY f.account_id, f.marketplace_id, n.month_first, TRIM(f.sku)
               ORDER BY f.snapshot_at DESC, f.source_line
           ) AS place
    FROM fee_moments AS t
    JOIN {{ source('amazon_sp.fee_preview') }} AS f
      ON f.account_id = t.account_id AND f.marketplace_id = t.marketplace_id AND f.snapshot_at = t.snapshot_at
    JOIN newest_fees AS n
      ON n.account_id = f.account_id AND n.marketplace_id = f.marketplace_id AND n.sku = f.sku
     AND n.snapshot_at = f.snapshot_at
)
SELECT l.account_id, l.marketplace_id, l.month_first, l.sku, l.asin, f.fnsku, l.item_name AS title,
       COALESCE(k.brand, f.brand) AS brand, k.product_type, f.size_tier,
       l.status AS listing_status,
       CASE WHEN l.fulfillment_channel LIKE 'AMAZON%' THEN 'AMAZON' WHEN l.fulfillment_channel <> '' THEN 'MERCHANT' END
           AS fulfilment_channel,
       l.price, l.currency, l.snapshot_at AS seen_at
FROM listings AS l
LEFT JOIN catalogue AS k
  ON k.account_id = l.account_id AND k.marketplace_id = l.marketplace_id AND k.month_first = l.month_first
 AND k.asin = l.asin AND k.place = 1
LEFT JOIN fees AS f
  ON f.account_id = l.account_id AND f.marketplace_id = l.marketplace_id AND f.month_first = l.month_first
 AND f.sku = l.sku AND f.place = 1
WHERE l.place = 1
