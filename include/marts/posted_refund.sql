-- description: "What Amazon posted for refunds, by order, SKU and P&L line."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id, sku, pl_line, level, currency]
-- partition: [account_id, day]
-- lookup_days: [order_day]
-- inputs:
--   transaction_line: {day: day}
--   posting_order: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day."}
--   order_id: {type: text, description: "Amazon's id of the order."}
--   sku: {type: text, description: "SKU; empty: none."}
--   pl_line: {type: text, description: "P&L line."}
--   level: {type: text, description: "Level of the P&L line."}
--   currency: {type: text, description: "Currency of the amount."}
--   order_marketplace_id: {type: text, description: "Marketplace of the order; null: no order of the 120 days before is known."}
--   order_day: {type: date, description: "Day of the order in its marketplace's time zone; null: not known."}
--   amount: {type: decimal, unit: currency, description: "Sum of the amounts."}
SELECT t.account_id, t.marketplace_id, t.day, t.order_id, t.sku, t.pl_line, t.level, t.currency,
       o.order_marketplace_id, o.order_day, SUM(t.amount) AS amount
FROM {{ ref('transaction_line') }} AS t
LEFT JOIN {{ ref('posting_order') }} AS o
    ON o.account_id = t.account_id AND o.marketplace_id = t.marketplace_id AND o.day = t.day AND o.order_id = t.order_id
WHERE t.is_counted AND t.transaction_type = 'Refund' AND t.order_id <> ''
GROUP BY t.account_id, t.marketplace_id, t.day, t.order_id, t.sku, t.pl_line, t.level, t.currency,
         o.order_marketplace_id, o.order_day
