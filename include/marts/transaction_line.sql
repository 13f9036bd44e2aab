-- description: Amounts of Amazon's transactions, each with its P&L line; per SKU where Amazon names it. Sum the rows with is_counted.
-- group: money
-- grain: [account_id, posted_at, transaction_id, transaction_type, transaction_status, description, sku, asin, breakdown_path, breakdown_type, currency, marketplace_id]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.transaction_amounts: {moment: posted_date, zones: own}
--   amazon_sp.transaction_item_amounts: {moment: posted_date, zones: own}
--   amazon_sp.transactions: {moment: posted_date, zones: own}
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
--   quantity: {type: integer, unit: units, description: "Units shipped, repeated in each amount of an item."}
--   amount: {type: decimal, unit: currency, description: "Income positive, cost negative."}
--   currency: {type: text, description: "Currency of the amount."}
--   pl_line: {type: text, description: "P&L line of config/finance_rules.csv; UNMAPPED without a rule."}
--   level: {type: text, description: "Level of the P&L line: CM1, CM2, OVERHEAD, TAX, BALANCE or UNMAPPED."}
--   matures_at: {type: timestamp, description: "When a deferred amount is released; null: Amazon does not say, or it is not deferred."}
--   is_counted: {type: boolean, description: "Whether the amount counts; the release repeats those that are DEFERRED_RELEASED."}
--   was_deferred: {type: boolean, description: "Whether this is the release of an amount that was held back."}
--   is_deferred: {type: boolean, description: "Whether Amazon still holds the money back."}
--   status: {type: text, description: "complete; estimated while deferred; incomplete without a rule."}
--   missing: {type: text, description: "What is missing: unmapped; empty: nothing."}
WITH items AS (
    SELECT i.account_id,
           i.transaction_id,
           MIN(i.posted_date) AS posted_at,
           MIN(COALESCE(i.transaction_type, '')) AS transaction_type,
           MIN(COALESCE(i.transaction_status, '')) AS transaction_status,
           MIN(COALESCE(i.marketplace_id, '')) AS marketplace_id,
           COALESCE(i.sku, '') AS sku,
           COALESCE(i.asin, '') AS asin,
           COALESCE(i.breakdown_path, '') AS breakdown_path,
           COALESCE(i.breakdown_type, '') AS breakdown_type,
           i.currency_code AS currency,
           SUM(i.quantity_shipped) AS quantity,
           SUM(i.amount) AS amount
    FROM {{ source('amazon_sp.transaction_item_amounts') }} AS i
    WHERE i.transaction_id IS NOT NULL
    GROUP BY i.account_id, i.transaction_id, COALESCE(i.sku, ''), COALESCE(i.asin, ''),
             COALESCE(i.breakdown_path, ''), COALESCE(i.breakdown_type, ''), i.currency_code
),
whole AS (
    SELECT a.account_id,
           COALESCE(a.transaction_id, '') AS transaction_id,
           a.posted_date AS posted_at,
           COALESCE(a.transaction_type, '') AS transaction_type,
           COALESCE(a.transaction_status, '') AS transaction_status,
           COALESCE(a.marketplace_id, '') AS marketplace_id,
           COALESCE(a.transaction_description, '') AS description,
           COALESCE(a.breakdown_path, '') AS breakdown_path,
           COALESCE(a.breakdown_type, '') AS breakdown_type,
           a.currency_code AS currency,
           SUM(a.amount) AS amount
    FROM {{ source('amazon_sp.transaction_amounts') }} AS a
    GROUP BY a.account_id, COALESCE(a.transaction_id, ''), a.posted_date, COALESCE(a.transaction_type, ''),
             COALESCE(a.transaction_status, ''), COALESCE(a.marketplace_id, ''),
             COALESCE(a.transaction_description, ''), COALESCE(a.breakdown_path, ''),
             COALESCE(a.breakdown_type, ''), a.currency_code
),
with_items AS (
    SELECT i.account_id, i.transaction_id, SUM(i.amount) AS amount
    FROM items AS i
    GROUP BY i.account_id, i.transaction_id
),
totals AS (
    SELECT w.account_id, w.transaction_id, SUM(w.amount) AS amount
    FROM whole AS w
    GROUP BY w.account_id, w.transaction_id
),
-- What a transaction has beyond its items, by name; usually nothing.
beyond AS (
    SELECT p.account_id, p.transaction_id, p.breakdown_type, p.currency, SUM(p.amount) AS amount
    FROM (
        SELECT w.account_id, w.transaction_id, w.breakdown_type, w.currency, w.amount FROM whole AS w
        UNION ALL
        SELECT i.account_id, i.transaction_id, i.breakdown_type, i.currency, -i.amount AS amount FROM items AS i
    ) AS p
    INNER JOIN with_items AS i ON i.account_id = p.account_id AND i.transaction_id = p.transaction_id
    INNER JOIN totals AS t
        ON t.account_id = p.account_id AND t.transaction_id = p.transaction_id AND t.amount <> i.amount
    GROUP BY p.account_id, p.transaction_id, p.breakdown_type, p.currency
),
amounts AS (
    SELECT i.account_id, i.transaction_id, i.posted_at, i.transaction_type, i.transaction_status,
           i.marketplace_id, '' AS description, i.sku, i.asin, i.breakdown_path, i.breakdown_type, i.currency,
           i.quantity, i.amount
    FROM items AS i
    UNION ALL
    SELECT w.account_id, w.transaction_id, w.posted_at, w.transaction_type, w.transaction_status,
           w.marketplace_id, w.description, '' AS sku, '' AS asin, w.breakdown_path, w.breakdown_type, w.currency,
           NULL AS quantity, w.amount
    FROM whole AS w
    LEFT JOIN with_items AS i ON i.account_id = w.account_id AND i.transaction_id = w.transaction_id
    WHERE i.transaction_id IS NULL
    UNION ALL
    SELECT b.account_id, b.transaction_id, t.posted_date AS posted_at, COALESCE(t.transaction_type, '') AS transaction_type,
           COALESCE(t.transaction_status, '') AS transaction_status, COALESCE(t.marketplace_id, '') AS marketplace_id,
           '' AS description, '' AS sku, '' AS asin, b.breakdown_type AS breakdown_path, b.breakdown_type, b.currency,
           NULL AS quantity, b.amount
    FROM beyond AS b
    INNER JOIN {{ source('amazon_sp.transactions') }} AS t
        ON t.account_id = b.account_id AND t.transaction_id = b.transaction_id
),
-- Transactions to which Amazon gives no id: their marketplace, if those of one moment agree.
nameless AS (
    SELECT t.account_id,
           t.posted_date AS posted_at,
           COALESCE(t.transaction_type, '') AS transaction_type,
           COALESCE(t.description, '') AS description,
           CASE WHEN COUNT(DISTINCT t.selling_partner_marketplace_id) = 1
                THEN MIN(t.selling_partner_marketplace_id) END AS marketplace_id
    FROM {{ source('amazon_sp.transactions') }} AS t
    WHERE LEFT(t.transaction_id, 5) = 'none-'
    GROUP BY t.account_id, t.posted_date, COALESCE(t.transaction_type, ''), COALESCE(t.description, '')
),
patterns AS (
    SELECT LOWER(r.transaction_type) AS type_pattern,
           LOWER(r.breakdown_type) AS breakdown_pattern,
           LENGTH(REPLACE(r.transaction_type, '*', '')) AS type_length,
           LENGTH(REPLACE(r.breakdown_type, '*', '')) AS breakdown_length,
           r.sign,
           r.pl_line,
           r.level
    FROM {{ source('reference.finance_rule') }} AS r
),
names AS (
    SELECT LOWER(TRIM(a.transaction_type)) AS type_key,
           LOWER(TRIM(a.breakdown_type)) AS breakdown_key,
           CASE WHEN a.amount < 0 THEN '-' ELSE '+' END AS sign
    FROM amounts AS a
    GROUP BY LOWER(TRIM(a.transaction_type)), LOWER(TRIM(a.breakdown_type)), CASE WHEN a.amount < 0 THEN '-' ELSE '+' END
),
-- Of the rules that fit, the one with most letters.
ranked AS (
    SELECT n.type_key,
           n.breakdown_key,
           n.sign,
           p.pl_line,
           p.level,
           ROW_NUMBER() OVER (
               PARTITION BY n.type_key, n.breakdown_key, n.sign
               ORDER BY p.type_length + p.breakdown_length DESC, p.breakdown_length DESC, LENGTH(p.sign) DESC
           ) AS place
    FROM names AS n
    INNER JOIN patterns AS p
        ON (p.sign = '' OR p.sign = n.sign)
        AND (p.type_pattern = n.type_key OR p.type_pattern = '*')
        AND (p.breakdown_pattern = n.breakdown_key
             OR (RIGHT(p.breakdown_pattern, 1) = '*'
                 AND LEFT(n.breakdown_key, LENGTH(p.breakdown_pattern) - 1)
                     = LEFT(p.breakdown_pattern, LENGTH(p.breakdown_pattern) - 1)))
),
placed AS (
    SELECT a.account_id,
           COALESCE(NULLIF(a.marketplace_id, ''), t.selling_partner_marketplace_id, n.marketplace_id, '') AS marketplace_id,
           a.posted_at,
           a.transaction_id,
           a.transaction_type,
           a.transaction_status,
           COALESCE(NULLIF(a.description, ''), t.description, '') AS description,
           COALESCE(t.order_id, '') AS order_id,
           COALESCE(t.settlement_id, '') AS settlement_id,
           t.maturity_date AS matures_at,
           t.deferred_transaction_id IS NOT NULL AS was_deferred,
           a.sku,
           a.asin,
           a.breakdown_path,
           a.breakdown_type,
           a.quantity,
           a.amount,
           a.currency
    FROM amounts AS a
    LEFT JOIN {{ source('amazon_sp.transactions') }} AS t
        ON t.account_id = a.account_id AND t.transaction_id = a.transaction_id
    LEFT JOIN nameless AS n
        ON a.transaction_id = ''
        AND n.account_id = a.account_id
        AND n.posted_at = a.posted_at
        AND n.transaction_type = a.transaction_type
        AND n.description = a.description
)
SELECT p.account_id,
       p.marketplace_id,
       COALESCE(CAST(p.posted_at AT TIME ZONE m.time_zone AS DATE), CAST(p.posted_at AS DATE)) AS day,
       p.posted_at,
       p.transaction_id,
       p.transaction_type,
       p.transaction_status,
       p.description,
       p.order_id,
       p.settlement_id,
       p.sku,
       p.asin,
       p.breakdown_path,
       p.breakdown_type,
       p.quantity,
       p.amount,
       p.currency,
       COALESCE(r.pl_line, 'UNMAPPED') AS pl_line,
       COALESCE(r.level, 'UNMAPPED') AS level,
       p.matures_at,
       p.transaction_status <> 'DEFERRED_RELEASED' AS is_counted,
       p.was_deferred,
       p.transaction_status = 'DEFERRED' AS is_deferred,
       CASE WHEN r.level IS NULL THEN 'incomplete' WHEN p.transaction_status = 'DEFERRED' THEN 'estimated' ELSE 'complete' END AS status,
       CASE WHEN r.level IS NULL THEN 'unmapped' ELSE '' END AS missing
FROM placed AS p
LEFT JOIN {{ source('reference.marketplace') }} AS m ON m.id = p.marketplace_id
LEFT JOIN ranked AS r
    ON r.type_key = LOWER(TRIM(p.transaction_type))
    AND r.breakdown_key = LOWER(TRIM(p.breakdown_type))
    AND r.sign = CASE WHEN p.amount < 0 THEN '-' ELSE '+' END
    AND r.place = 1
-- A product at price 0 is a unit all the same.
WHERE p.amount <> 0 OR r.pl_line = 'revenue.product'
