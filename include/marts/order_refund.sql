-- description: "What Amazon posted for refunds, by the day of the order, SKU and P&L line."
-- group: money
-- grain: [account_id, marketplace_id, day, sku, pl_line, level, currency]
-- inputs:
--   posted_refund: {day: order_day, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the order's marketplace."}
--   day: {type: date, description: "Day of the order in the marketplace's time zone."}
--   sku: {type: text, description: "SKU; empty: none."}
--   pl_line: {type: text, description: "P&L line."}
--   level: {type: text, description: "Level of the P&L line."}
--   currency: {type: text, description: "Currency of the amount."}
--   amount: {type: decimal, unit: currency, description: "Sum of the amounts."}
SELECT r.account_id, r.order_marketplace_id AS marketplace_id, r.order_day AS day, r.sku, r.pl_line, r.level, r.currency,
       SUM(r.amount) AS amount
FROM {{ ref('posted_refund') }} AS r
WHERE r.order_day IS NOT NULL
GROUP BY r.account_id, r.order_marketplace_id, r.order_day, r.sku, r.pl_line, r.level, r.currency
