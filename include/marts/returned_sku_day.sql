-- description: "Units that came back in sellable state, in the marketplace of their order. Input of profit."
-- group: money
-- grain: [account_id, marketplace_id, day, sku]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.fba_customer_returns: {moment: return_date, marketplace: false}
--   order_day: {day: day, before: 120, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the order's marketplace: the report of returns names none."}
--   day: {type: date, description: "Day of the return in the marketplace's time zone."}
--   sku: {type: text, description: "SKU; empty: not named."}
--   currency: {type: text, description: "Currency of the marketplace."}
--   units: {type: integer, unit: units, description: "Units of orders of the 120 days before."}
WITH orders AS (
    SELECT d.account_id, d.marketplace_id, d.order_id, MIN(d.day) AS day
    FROM {{ ref('order_day') }} AS d
    GROUP BY d.account_id, d.marketplace_id, d.order_id
)
SELECT r.account_id, o.marketplace_id, CAST(r.return_date AT TIME ZONE m.time_zone AS DATE) AS day,
       COALESCE(r.sku, '') AS sku, m.currency, SUM(COALESCE(r.quantity, 0)) AS units
FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
INNER JOIN orders AS o ON o.account_id = r.account_id AND o.order_id = r.order_id
INNER JOIN {{ source('reference.marketplace') }} AS m ON m.id = o.marketplace_id
WHERE r.detailed_disposition = 'SELLABLE'
  AND CAST(r.return_date AT TIME ZONE m.time_zone AS DATE) BETWEEN o.day AND o.day + INTERVAL '120' DAY
GROUP BY r.account_id, o.marketplace_id, CAST(r.return_date AT TIME ZONE m.time_zone AS DATE), COALESCE(r.sku, ''), m.currency
