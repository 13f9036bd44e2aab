-- description: Amounts of Amazon's transactions, each with its P&L line; per SKU where Amazon names it. Sum the rows with is_counted.
-- group: money
-- grain: [account_id, posted_at, transaction_id, transaction_type, transaction_status, description, sku, asin, breakdown_path, breakdown_type, currency, marketplace_id]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.transaction_amounts: {moment: posted_date}
--   amazon_sp.transaction_item_amounts: {moment: posted_date}
--   amazon_sp.transactions: {moment: posted_date}
--   reference.finance_rule: {account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day in the marketplace's time zone; without a marketplace in UTC."}
--   posted_at: {type: timestamp, description: "Posting time; of a deferred amount that was released: when it was released."}
--   transaction_id: {type: text, description: "Amazon's id; empty: Amazon gives none."}
--   transaction_type: {type: text, description: "Amazon's type, such as Shipment or Refund."}
--   transaction_status: {type: text, description: "DEFERRED, RELEASED, or DEFERRED_RELEASED (repeated in the release: not counted)."}
--   description: {type: text, description: "Amazon's text."}
--   order_id: {type: text, description: "Order; empty: none."}
--   settlement_id: {type: text, description: "Settlement, once Amazon names it; empty: not yet."}
--   sku: {type: text, description: "SKU; empty: of no item."}
--   asin: {type: text, description: "ASIN; empty: of no item."}
--   breakdown_path: {type: text, description: "Names of the tree's nodes down to the amount."}
--   breakdown_type: {type: text, description: "Amazon's name of the amount."}
--   amount: {type: decimal, unit: currency, description: "Income positive, cost negative."}
--   currency: {type: text, description: "Currency of the amount."}
--   pl_line: {type: text, description: "P&L line of config/finance_rules.csv; UNMAPPED without a rule."}
--   level: {type: text, description: "Level of the P&L line: CM1, CM2, OVERHEAD, TAX, BALANCE or UNMAPPED."}
--   is_counted: {type: boolean, description: "Whether the amount counts; the release repeats those that are DEFERRED_RELEASED."}
--   is_deferred: {type: boolean, description: "Whether Amazon still holds the money back."}
--   status: {type: text, description: "complete; estimated while deferred; incomplete without a rule."}
--   missing: {type: text, description: "What is missing: unmapped; empty: nothing."}
SELECT t.account_id, COALESCE(t.marketplace_id, '') AS marketplace_id, CAST(t.posted_date AS DATE) AS day, t.posted_date AS posted_at,
       COALESCE(t.transaction_id, '') AS transaction_id, COALESCE(t.transaction_type, '') AS transaction_type,
       COALESCE(t.transaction_status, '') AS transaction_status, COALESCE(t.description, '') AS description,
       COALESCE(t.order_id, '') AS order_id, COALESCE(t.settlement_id, '') AS settlement_id, COALESCE(i.sku, '') AS sku, COALESCE(i.asin, '') AS asin,
       a.breakdown_path, a.breakdown_type, a.amount, a.currency_code AS currency,
       r.pl_line, r.level, t.transaction_status <> 'DEFERRED_RELEASED' AS is_counted, t.transaction_status = 'DEFERRED' AS is_deferred,
       'complete' AS status, '' AS missing
FROM {{ source('amazon_sp.transactions') }} AS t
INNER JOIN {{ source('amazon_sp.transaction_amounts') }} AS a ON a.transaction_id = t.transaction_id
LEFT JOIN {{ source('amazon_sp.transaction_item_amounts') }} AS i ON i.transaction_id = t.transaction_id
LEFT JOIN {{ source('reference.finance_rule') }} AS r ON r.breakdown_type = a.breakdown_type
LEFT JOIN {{ source('reference.marketplace') }} AS m ON m.id = t.marketplace_id
