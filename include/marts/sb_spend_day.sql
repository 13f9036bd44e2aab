-- description: >-
--   Spend of Sponsored Brands ads, spread over the products of each ad, as account setting `sb_attribution` says. With
--   `purchases` by the share of sales of these products that Amazon attributes to clicks of the 15 days from this day on,
--   evenly without any; with `even` always evenly; with `none` not at all. An ad of one product is direct. Products of
--   an ad are those of its newest snapshot in the 7 days before (of an ad without an id: those of the ad group's ads); without a
--   snapshot those that Amazon counts as promoted among the purchases of the ad group. If neither is known, the spend has no ASIN.
-- group: daily
-- grain: [account_id, marketplace_id, day, campaign_id, ad_group_id, ad_id, asin]
-- inputs:
--   amazon_ads.sb_ads: {day: date}
--   amazon_ads.ad_products: {moment: snapshot_at, before: 6}
--   amazon_ads.sb_purchased_products: {day: date, after: 14}
--   reference.account_setting: {marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the time zone of the advertising profile."}
--   campaign_id: {type: text, description: "Amazon's id of the campaign."}
--   ad_group_id: {type: text, description: "Amazon's id of the ad group; none: not reported."}
--   ad_id: {type: text, description: "Amazon's id of the ad; none: Amazon reports older ads without one, all of their ad group together."}
--   asin: {type: text, description: "Product of the ad; empty: its products are not known."}
--   currency: {type: text, description: "Currency of the profile."}
--   spend: {type: decimal, unit: currency, description: "The product's part of the ad's spend, positive. The parts of an ad add up to its spend to the cent."}
--   impressions: {type: integer, unit: impressions, description: "Impressions of the ad, if it has one product; else null."}
--   clicks: {type: integer, unit: clicks, description: "Clicks on the ad, if it has one product; else null."}
--   weight: {type: decimal, unit: currency, description: "Attributed sales by which the spend is spread; 0: spread evenly."}
--   method: {type: text, description: "direct, purchases, even, or unknown: no product is known, or spreading is switched off."}
WITH ads AS (
    SELECT a.account_id, a.marketplace_id, a.date AS day, a.campaign_id, a.ad_group_id, a.ad_id,
           a.campaign_id || ' ' || a.ad_group_id || ' ' || a.ad_id AS ad, MAX(a.currency_code) AS currency,
           SUM(COALESCE(a.cost, 0)) AS spend, SUM(a.impressions) AS impressions, SUM(a.clicks) AS clicks
    FROM {{ source('amazon_ads.sb_ads') }} AS a
    GROUP BY a.account_id, a.marketplace_id, a.date, a.campaign_id, a.ad_group_id, a.ad_id
),
products AS (
    SELECT p.account_id, p.marketplace_id, p.ad_group_id, p.ad_id, p.product_id AS asin, p.snapshot_at
    FROM {{ source('amazon_ads.ad_products') }} AS p
    WHERE p.product_id_type = 'ASIN'
    UNION ALL
    -- For ads without an id: all products of the ad group.
    SELECT p.account_id, p.marketplace_id, p.ad_group_id, 'none', p.product_id, p.snapshot_at
    FROM {{ source('amazon_ads.ad_products') }} AS p
    WHERE p.product_id_type = 'ASIN'
    GROUP BY p.account_id, p.marketplace_id, p.ad_group_id, p.product_id, p.snapshot_at
),
snapshots AS (
    SELECT a.account_id, a.marketplace_id, a.day, a.ad, a.ad_group_id, a.ad_id, MAX(p.snapshot_at) AS snapshot_at
    FROM ads AS a
    JOIN products AS p
      ON p.account_id = a.account_id AND p.marketplace_id = a.marketplace_id AND p.ad_group_id = a.ad_group_id
     AND p.ad_id = a.ad_id
    WHERE CAST(p.snapshot_at AT TIME ZONE 'UTC' AS DATE) >= CAST(a.day - INTERVAL '7' DAY AS DATE)
      AND CAST(p.snapshot_at AT TIME ZONE 'UTC' AS DATE) <= CAST(a.day + INTERVAL '1' DAY AS DATE)
    GROUP BY a.account_id, a.marketplace_id, a.day, a.ad, a.ad_group_id, a.ad_id
),
bought AS (
    SELECT a.account_id, a.marketplace_id, a.day, a.ad, p.purchased_asin AS asin, SUM(COALESCE(p.sales_14d, 0)) AS sales,
           SUM(CASE WHEN p.attribution_type = 'Promoted' THEN 1 ELSE 0 END) AS promoted
    FROM ads AS a
    JOIN {{ source('amazon_ads.sb_purchased_products') }} AS p
      ON p.account_id = a.account_id AND p.marketplace_id = a.marketplace_id AND p.campaign_id = a.campaign_id
     AND p.ad_group_id = a.ad_group_id
    WHERE p.date >= a.day AND p.date <= CAST(a.day + INTERVAL '14' DAY AS DATE)
    GROUP BY a.account_id, a.marketplace_id, a.day, a.ad, p.purchased_asin
),
candidates AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.ad, p.asin, COALESCE(b.sales, 0) AS sales, 1 AS is_known
    FROM snapshots AS s
    JOIN products AS p
      ON p.account_id = s.account_id AND p.marketplace_id = s.marketplace_id AND p.ad_group_id = s.ad_group_id
     AND p.ad_id = s.ad_id AND p.snapshot_at = s.snapshot_at
    LEFT JOIN bought AS b
      ON b.account_id = s.account_id AND b.marketplace_id = s.marketplace_id AND b.day = s.day AND b.ad = s.ad
     AND b.asin = p.asin
    UNION ALL
    SELECT b.account_id, b.marketplace_id, b.day, b.ad, b.asin, b.sales, 0
    FROM bought AS b
    LEFT JOIN snapshots AS s
      ON s.account_id = b.account_id AND s.marketplace_id = b.marketplace_id AND s.day = b.day AND s.ad = b.ad
    WHERE s.ad IS NULL AND b.promoted > 0
),
weighed AS (
    SELECT c.account_id, c.marketplace_id, c.day, c.ad, c.asin, c.is_known,
           CASE WHEN COALESCE(s.sb_attribution, 'purchases') = 'purchases' THEN c.sales ELSE 0 END AS weight
    FROM candidates AS c
    LEFT JOIN {{ source('reference.account_setting') }} AS s ON s.account_id = c.account_id
    WHERE COALESCE(s.sb_attribution, 'purchases') <> 'none'
),
shares AS (
    SELECT w.account_id, w.marketplace_id, w.day, w.ad, w.asin, w.weight, w.is_known,
           SUM(w.weight) OVER (PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad) AS total,
           COUNT(*) OVER (PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad) AS products,
           ROW_NUMBER() OVER (
               PARTITION BY w.account_id, w.marketplace_id, w.day, w.ad ORDER BY w.weight DESC, w.asin
           ) AS place
    FROM weighed AS w
),
rounded AS (
    SELECT a.account_id, a.marketplace_id, a.day, a.campaign_id, a.ad_group_id, a.ad_id, a.ad,
           COALESCE(s.asin, '') AS asin, a.currency, a.spend, a.impressions, a.clicks, s.weight, s.total, s.products,
           s.is_known, s.place,
           CASE WHEN s.asin IS NULL THEN a.spend
                WHEN s.total > 0 THEN ROUND(ROUND(a.spend * s.weight / NULLIF(s.total, 0), 6), 2)
                ELSE ROUND(ROUND(a.spend / NULLIF(s.products, 0), 6), 2) END AS part
    FROM ads AS a
    LEFT JOIN shares AS s
      ON s.account_id = a.account_id AND s.marketplace_id = a.marketplace_id AND s.day = a.day AND s.ad = a.ad
)
SELECT r.account_id, r.marketplace_id, r.day, r.campaign_id, r.ad_group_id, r.ad_id, r.asin, r.currency,
       -- The product with the largest share takes what rounding leaves.
       CASE WHEN COALESCE(r.place, 1) = 1
            THEN r.part + r.spend - SUM(r.part) OVER (PARTITION BY r.account_id, r.marketplace_id, r.day, r.ad)
            ELSE r.part END AS spend,
       CASE WHEN r.products = 1 AND r.is_known = 1 THEN r.impressions END AS impressions,
       CASE WHEN r.products = 1 AND r.is_known = 1 THEN r.clicks END AS clicks,
       COALESCE(r.weight, 0) AS weight,
       CASE WHEN r.products IS NULL THEN 'unknown'
            WHEN r.products = 1 AND r.is_known = 1 THEN 'direct'
            WHEN r.total > 0 THEN 'purchases'
            ELSE 'even' END AS method
FROM rounded AS r
