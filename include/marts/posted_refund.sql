-- description: "What Amazon posted for refunds, by order, SKU and P&L line."
-- group: money
-- grain: [account_id, marketplace_id, day, order_id, sku, pl_line, level, currency]
-- partition: [account_id, day]
-- inputs:
--   transaction_line: {day: day}
--   order_day: {day: day, before: 120, after: 1, marketplace: false}
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
WITH orders AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.order_id,
           MIN(o.marketplace_id) AS order_marketplace_id, MIN(o.day) AS order_day
    FROM (
        SELECT t.account_id, t.marketplace_id, t.day, t.order_id
        FROM {{ ref('transaction_line') }} AS t
        WHERE t.is_counted AND t.transaction_type = 'Refund' AND t.order_id <> ''
        GROUP BY t.account_id, t.marketplace_id, t.day, t.order_id
    ) AS p
    INNER JOIN {{ ref('order_day') }} AS o
        ON o.account_id = p.account_id
        AND o.order_id = p.order_id
        AND (p.marketplace_id = '' OR p.marketplace_id = o.marketplace_id)
        AND p.day BETWEEN o.day - INTERVAL '1' DAY AND o.day + INTERVAL '120' DAY
    GROUP BY p.account_id, p.marketplace_id, p.day, p.order_id
    HAVING MIN(o.marketplace_id) = MAX(o.marketplace_id)
)
SELECT t.account_id, t.marketplace_id, t.day, t.order_id, t.sku, t.pl_line, t.level, t.currency,
       o.order_marketplace_id, o.order_day, SUM(t.amount) AS amount
FROM {{ ref('transaction_line') }} AS t
LEFT JOIN orders AS o
    ON o.account_id = t.account_id AND o.marketplace_id = t.marketplace_id AND o.day = t.day AND o.order_id = t.order_id
WHERE t.is_counted AND t.transaction_type = 'Refund' AND t.order_id <> ''
GROUP BY t.account_id, t.marketplace_id, t.day, t.order_id, t.sku, t.pl_line, t.level, t.currency,
         o.order_marketplace_id, o.order_day
