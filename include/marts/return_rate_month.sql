-- description: >-
--   Return rate of each SKU by the month of shipment, as Amazon's returns processing fee counts: units shipped in the
--   month, and how many of these orders' units came back in that month or the two after it. The marketplace is that of
--   the shipment.
-- group: daily
-- grain: [account_id, marketplace_id, month, sku]
-- partition: [account_id, marketplace_id, month]
-- inputs:
--   amazon_sp.fulfilled_shipments: {moment: shipment_date, after: 31}
--   amazon_sp.fba_customer_returns: {moment: return_date, after: 93, marketplace: false}
--   amazon_sp.fee_preview: {moment: snapshot_at, after: 31}
--   reference.product_mapping: {marketplace: false}
--   reference.fee_rule: {account: false}
--   reference.marketplace: {account: false, marketplace: false}
--   reference.calendar: {day: day, after: 93, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace that the shipment was sold in."}
--   month: {type: date, description: "First day of the month of shipment, in the marketplace's time zone."}
--   sku: {type: text, description: "Seller's SKU."}
--   units_shipped: {type: integer, unit: units, description: "Units shipped in the month."}
--   units_returned: {type: integer, unit: units, description: "Units of these orders returned in the month or the two after it."}
--   units_returned_unsellable: {type: integer, unit: units, description: "Part of them that cannot be sold again."}
--   return_rate: {type: decimal, unit: ratio, description: "units_returned / units_shipped."}
--   category: {type: text, description: "Your product group, else Amazon's of the newest fee preview of the month, in lower case; it has a threshold if reference.fee_rule names it."}
--   threshold: {type: decimal, unit: ratio, description: "Return rate above which each further unit bears the returns processing fee (reference.fee_rule); null: no rule for the category."}
--   units_above_threshold: {type: decimal, unit: units, description: "Returned units above threshold x units_shipped; 0 if too few units were shipped for the fee. Null: no threshold is known."}
--   status: {type: text, description: "complete: returns are reported until the month's end of the second month after; else estimated, as returns still come in."}
--   missing: {type: text, description: "threshold: no rule for the SKU's category and marketplace."}
WITH shipped AS (
    SELECT s.account_id, s.marketplace_id, c.month_first AS month, s.amazon_order_id AS order_id, s.sku,
           SUM(COALESCE(s.quantity_shipped, 0)) AS units
    FROM {{ source('amazon_sp.fulfilled_shipments') }} AS s
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = s.marketplace_id
    JOIN {{ source('reference.calendar') }} AS c ON c.day = CAST(s.shipment_date AT TIME ZONE m.time_zone AS DATE)
    GROUP BY s.account_id, s.marketplace_id, c.month_first, s.amazon_order_id, s.sku
),
last_days AS (
    SELECT a.month_first AS month, MAX(b.day) AS last_day
    FROM {{ source('reference.calendar') }} AS a
    JOIN {{ source('reference.calendar') }} AS b
      ON b.day >= a.day AND (b.year - a.year) * 12 + b.month - a.month <= 2
    WHERE a.day = a.month_first
    GROUP BY a.month_first
),
returned AS (
    SELECT r.account_id, r.order_id, r.sku, CAST(r.return_date AT TIME ZONE 'UTC' AS DATE) AS day,
           SUM(COALESCE(r.quantity, 0)) AS units,
           SUM(CASE WHEN r.detailed_disposition = 'SELLABLE' THEN 0 ELSE COALESCE(r.quantity, 0) END) AS unsellable
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
    GROUP BY r.account_id, r.order_id, r.sku, CAST(r.return_date AT TIME ZONE 'UTC' AS DATE)
),
newest AS (
    SELECT r.account_id, MAX(CAST(r.reported_at AT TIME ZONE 'UTC' AS DATE)) AS day
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
    GROUP BY r.account_id
),
returned_orders AS (
    SELECT s.account_id, s.marketplace_id, s.month, s.order_id, s.sku, SUM(r.units) AS units, SUM(r.unsellable) AS unsellable
    FROM shipped AS s
    JOIN last_days AS l ON l.month = s.month
    JOIN returned AS r ON r.account_id = s.account_id AND r.order_id = s.order_id AND r.sku = s.sku
    WHERE r.day >= s.month AND r.day <= l.last_day
    GROUP BY s.account_id, s.marketplace_id, s.month, s.order_id, s.sku
),
summed AS (
    SELECT s.account_id, s.marketplace_id, s.month, s.sku, SUM(s.units) AS units_shipped,
           SUM(COALESCE(r.units, 0)) AS units_returned, SUM(COALESCE(r.unsellable, 0)) AS unsellable
    FROM shipped AS s
    LEFT JOIN returned_orders AS r
      ON r.account_id = s.account_id AND r.marketplace_id = s.marketplace_id AND r.month = s.month
     AND r.order_id = s.order_id AND r.sku = s.sku
    GROUP BY s.account_id, s.marketplace_id, s.month, s.sku
),
previews AS (
    SELECT f.account_id, f.marketplace_id, c.month_first AS month, f.sku, f.product_group,
           ROW_NUMBER() OVER (
               PARTITION BY f.account_id, f.marketplace_id, c.month_first, f.sku ORDER BY f.snapshot_at DESC
           ) AS place
    FROM {{ source('amazon_sp.fee_preview') }} AS f
    JOIN {{ source('reference.calendar') }} AS c ON c.day = CAST(f.snapshot_at AT TIME ZONE 'UTC' AS DATE)
    WHERE f.product_group IS NOT NULL
),
judged AS (
    SELECT s.account_id, s.marketplace_id, s.month, s.sku, s.units_shipped, s.units_returned, s.unsellable, l.last_day,
           LOWER(COALESCE(g.product_group, p.product_group)) AS category
    FROM summed AS s
    JOIN last_days AS l ON l.month = s.month
    LEFT JOIN {{ source('reference.product_mapping') }} AS g ON g.account_id = s.account_id AND g.sku = s.sku
    LEFT JOIN previews AS p
      ON p.account_id = s.account_id AND p.marketplace_id = s.marketplace_id AND p.month = s.month AND p.sku = s.sku
     AND p.place = 1
),
rules AS (
    SELECT j.account_id, j.marketplace_id, j.month, j.sku,
           MAX(CASE WHEN r.rule = 'returns_threshold' THEN ROUND(r.amount / 100.0, 6) END) AS threshold,
           MAX(CASE WHEN r.rule = 'returns_exempt_units' THEN r.amount END) AS exempt_units
    FROM judged AS j
    JOIN {{ source('reference.fee_rule') }} AS r
      ON r.marketplace_id = j.marketplace_id AND r.valid_from <= j.month AND COALESCE(r.valid_to, j.month) >= j.month
    WHERE r.rule = 'returns_exempt_units' OR (r.rule = 'returns_threshold' AND r.category = j.category)
    GROUP BY j.account_id, j.marketplace_id, j.month, j.sku
)
SELECT j.account_id, j.marketplace_id, j.month, j.sku, j.units_shipped, j.units_returned,
       j.unsellable AS units_returned_unsellable,
       ROUND(CAST(j.units_returned AS NUMERIC) / NULLIF(j.units_shipped, 0), 6) AS return_rate, j.category, r.threshold,
       CASE WHEN r.threshold IS NULL THEN NULL
            WHEN j.units_shipped < COALESCE(r.exempt_units, 0) THEN 0
            WHEN j.units_returned > r.threshold * j.units_shipped THEN j.units_returned - r.threshold * j.units_shipped
            ELSE 0 END AS units_above_threshold,
       CASE WHEN n.day >= j.last_day THEN 'complete' ELSE 'estimated' END AS status,
       CASE WHEN r.threshold IS NULL THEN 'threshold' ELSE '' END AS missing
FROM judged AS j
LEFT JOIN rules AS r
  ON r.account_id = j.account_id AND r.marketplace_id = j.marketplace_id AND r.month = j.month AND r.sku = j.sku
LEFT JOIN newest AS n ON n.account_id = j.account_id
