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
--   status: {type: text, description: "complete: returns are reported until the month's end of the second month after; else estimated, as returns still come in."}
--   missing: {type: text, description: "Always empty."}
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
)
SELECT s.account_id, s.marketplace_id, s.month, s.sku, s.units_shipped, s.units_returned,
       s.unsellable AS units_returned_unsellable,
       ROUND(CAST(s.units_returned AS NUMERIC) / NULLIF(s.units_shipped, 0), 6) AS return_rate,
       CASE WHEN n.day >= l.last_day THEN 'complete' ELSE 'estimated' END AS status,
       '' AS missing
FROM summed AS s
JOIN last_days AS l ON l.month = s.month
LEFT JOIN newest AS n ON n.account_id = s.account_id
