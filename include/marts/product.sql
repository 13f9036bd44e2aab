-- description: >-
--   Every SKU of an account with its ASIN, FNSKU and own number. Your product mapping takes precedence; else the
--   newest report decides. Readers declare `{since: known_since, marketplace: false}`.
-- group: reference
-- grain: [account_id, sku]
-- partition: [account_id]
-- inputs:
--   product_seen: {}
--   product_listing: {}
--   reference.product_mapping: {}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   sku: {type: text, description: "Your SKU, without spaces around it."}
--   asin: {type: text, description: "ASIN."}
--   fnsku: {type: text, description: "FNSKU."}
--   own_id: {type: text, description: "Your own product number, from the product mapping."}
--   title: {type: text, description: "Your name of the product, else the title of its newest listing."}
--   brand: {type: text, description: "Brand."}
--   size_tier: {type: text, description: "Size tier by which Amazon charges fulfilment."}
--   product_group: {type: text, description: "Your group of similar products, else Amazon's product type."}
--   is_resold: {type: boolean, description: "Returned units that Amazon sells on its own behalf (`amzn.gr.`): never mapped to the product they came from."}
--   is_listed: {type: boolean, description: "A listing of the SKU is known."}
--   known_since: {type: date, description: "First day on which any report names the SKU."}
--   last_seen: {type: date, description: "Last such day."}
--   asins: {type: integer, unit: ASINs, description: "Different ASINs reported with the SKU; more than 1: Amazon changed it."}
--   status: {type: text, description: "complete, or incomplete."}
--   missing: {type: text, description: "`mapping`: no ASIN is known, or other SKUs have an own number and this one has none."}
WITH combinations AS (
    -- Millions of weekly rows are read once.
    SELECT s.account_id, s.sku, s.asin, s.fnsku, MIN(s.first_day) AS first_day, MAX(s.last_day) AS last_day,
           MAX(CASE WHEN s.is_listed THEN 1 ELSE 0 END) AS is_listed
    FROM {{ ref('product_seen') }} AS s
    GROUP BY s.account_id, s.sku, s.asin, s.fnsku
),
totals AS (
    SELECT c.account_id, c.sku, MIN(c.first_day) AS known_since, MAX(c.last_day) AS last_seen,
           COUNT(DISTINCT NULLIF(c.asin, '')) AS asins, MAX(c.is_listed) AS is_listed
    FROM combinations AS c
    GROUP BY c.account_id, c.sku
),
asins AS (
    SELECT c.account_id, c.sku, c.asin,
           ROW_NUMBER() OVER (
               PARTITION BY c.account_id, c.sku ORDER BY MAX(c.last_day) DESC, MIN(c.first_day), c.asin
           ) AS place
    FROM combinations AS c
    WHERE c.asin <> ''
    GROUP BY c.account_id, c.sku, c.asin
),
fnskus AS (
    SELECT c.account_id, c.sku, c.fnsku,
           ROW_NUMBER() OVER (
               PARTITION BY c.account_id, c.sku ORDER BY MAX(c.last_day) DESC, MIN(c.first_day), c.fnsku
           ) AS place
    FROM combinations AS c
    WHERE c.fnsku <> ''
    GROUP BY c.account_id, c.sku, c.fnsku
),
sizes AS (
    -- Titles come from the marketplace with the most listings: usually the one whose language people read.
    SELECT l.account_id, l.marketplace_id, COUNT(*) AS listings
    FROM {{ ref('product_listing') }} AS l
    GROUP BY l.account_id, l.marketplace_id
),
listings AS (
    SELECT l.account_id, l.sku, l.title,
           ROW_NUMBER() OVER (
               PARTITION BY l.account_id, l.sku ORDER BY z.listings DESC, l.marketplace_id
           ) AS place
    FROM {{ ref('product_listing') }} AS l
    JOIN sizes AS z ON z.account_id = l.account_id AND z.marketplace_id = l.marketplace_id
),
details AS (
    SELECT l.account_id, l.sku, l.fnsku, l.brand, l.size_tier, l.product_type,
           ROW_NUMBER() OVER (
               PARTITION BY l.account_id, l.sku ORDER BY z.listings DESC, l.marketplace_id
           ) AS place
    FROM {{ ref('product_listing') }} AS l
    JOIN sizes AS z ON z.account_id = l.account_id AND z.marketplace_id = l.marketplace_id
    WHERE l.brand IS NOT NULL OR l.size_tier IS NOT NULL
),
mapped AS (
    SELECT p.account_id, COUNT(p.own_id) AS own_ids
    FROM {{ source('reference.product_mapping') }} AS p
    GROUP BY p.account_id
)
SELECT t.account_id, t.sku,
       COALESCE(m.asin, a.asin) AS asin,
       COALESCE(m.fnsku, f.fnsku, d.fnsku) AS fnsku,
       m.own_id,
       COALESCE(m.title, l.title) AS title,
       COALESCE(m.brand, d.brand) AS brand,
       COALESCE(m.size_tier, d.size_tier) AS size_tier,
       COALESCE(m.product_group, d.product_type) AS product_group,
       t.sku LIKE 'amzn.gr.%' AS is_resold,
       t.is_listed = 1 AS is_listed,
       t.known_since, t.last_seen, t.asins,
       CASE WHEN COALESCE(m.asin, a.asin) IS NULL THEN 'incomplete'
            WHEN g.own_ids > 0 AND m.own_id IS NULL AND t.sku NOT LIKE 'amzn.gr.%' THEN 'incomplete'
            ELSE 'complete' END AS status,
       CASE WHEN COALESCE(m.asin, a.asin) IS NULL THEN 'mapping'
            WHEN g.own_ids > 0 AND m.own_id IS NULL AND t.sku NOT LIKE 'amzn.gr.%' THEN 'mapping'
            ELSE '' END AS missing
FROM totals AS t
LEFT JOIN asins AS a ON a.account_id = t.account_id AND a.sku = t.sku AND a.place = 1
LEFT JOIN fnskus AS f ON f.account_id = t.account_id AND f.sku = t.sku AND f.place = 1
LEFT JOIN listings AS l ON l.account_id = t.account_id AND l.sku = t.sku AND l.place = 1
LEFT JOIN details AS d ON d.account_id = t.account_id AND d.sku = t.sku AND d.place = 1
LEFT JOIN {{ source('reference.product_mapping') }} AS m ON m.account_id = t.account_id AND m.sku = t.sku
LEFT JOIN mapped AS g ON g.account_id = t.account_id
