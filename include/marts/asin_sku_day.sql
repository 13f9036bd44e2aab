-- description: >-
--   The SKU that stands for an ASIN on a day, for reports that name only ASINs. Of several SKUs: the one with the most
--   units ordered, then the most sessions, then the most ad impressions; equal ones are told apart by a hash.
-- group: daily
-- grain: [account_id, marketplace_id, day, asin]
-- inputs:
--   amazon_sp.sales_daily_by_sku: {day: date}
--   amazon_ads.sp_advertised_products: {day: date}
--   amazon_ads.sd_advertised_products: {day: date}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone."}
--   asin: {type: text, description: "ASIN."}
--   sku: {type: text, description: "Seller's SKU that stands for it."}
--   skus: {type: integer, unit: SKUs, description: "How many SKUs were reported with the ASIN that day."}
WITH seen AS (
    SELECT s.account_id, s.marketplace_id, s.date AS day, s.child_asin AS asin, s.sku,
           COALESCE(s.units_ordered, 0) AS units, COALESCE(s.sessions, 0) AS sessions, 0 AS impressions
    FROM {{ source('amazon_sp.sales_daily_by_sku') }} AS s
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.date, p.advertised_asin, p.advertised_sku, 0, 0, COALESCE(p.impressions, 0)
    FROM {{ source('amazon_ads.sp_advertised_products') }} AS p
    UNION ALL
    SELECT p.account_id, p.marketplace_id, p.date, p.promoted_asin, p.promoted_sku, 0, 0, COALESCE(p.impressions, 0)
    FROM {{ source('amazon_ads.sd_advertised_products') }} AS p
),
summed AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.asin, s.sku, SUM(s.units) AS units, SUM(s.sessions) AS sessions,
           SUM(s.impressions) AS impressions
    FROM seen AS s
    -- `none` is stored where a report leaves the cell empty.
    WHERE s.asin IS NOT NULL AND s.sku IS NOT NULL AND s.asin NOT IN ('', 'none') AND s.sku NOT IN ('', 'none')
    GROUP BY s.account_id, s.marketplace_id, s.day, s.asin, s.sku
),
ranked AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.asin, s.sku,
           COUNT(*) OVER (PARTITION BY s.account_id, s.marketplace_id, s.day, s.asin) AS skus,
           ROW_NUMBER() OVER (
               PARTITION BY s.account_id, s.marketplace_id, s.day, s.asin
               ORDER BY s.units DESC, s.sessions DESC, s.impressions DESC, MD5(s.sku)
           ) AS place
    FROM summed AS s
)
SELECT r.account_id, r.marketplace_id, r.day, r.asin, r.sku, r.skus
FROM ranked AS r
WHERE r.place = 1
