-- description: "Lines of settlements, each with its P&L line. The lines of a settlement add up to its total."
-- group: money
-- grain: [account_id, settlement_id, source_line]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.settlements: {day: posted_date, before: 1, after: 1}
--   settlement_marketplace: {day: day, before: 17, after: 17}
--   transaction_line: {day: day, before: 2, after: 2}
--   product_seen: {day: week_monday, before: 131}
--   reference.settlement_rule: {account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   marketplace_from: {type: text, description: "How the marketplace is known: row (the line names it), transaction (the transaction of that moment and amount names it), settlement (its other lines name only this one), empty (unknown)."}
--   day: {type: date, description: "Posting day in the marketplace's time zone; without a marketplace in UTC."}
--   posted_at: {type: timestamp, description: "Posting time."}
--   settlement_id: {type: text, description: "Amazon's id of the settlement."}
--   source_line: {type: integer, description: "Line of the settlement's file."}
--   transaction_type: {type: text, description: "Amazon's name of the transaction."}
--   amount_type: {type: text, description: "Amazon's name of the kind of amount."}
--   amount_description: {type: text, description: "Amazon's name of the amount."}
--   order_id: {type: text, description: "Order, or shipment of inbound fees; empty: none."}
--   sku: {type: text, description: "SKU of the line, or of the ASIN that a returns fee names; empty: none."}
--   asin: {type: text, description: "ASIN inside the name of a returns fee; empty: none."}
--   quantity: {type: integer, unit: units, description: "Units purchased; refunds have none."}
--   amount: {type: decimal, unit: currency, description: "Income positive, cost negative."}
--   currency: {type: text, description: "Currency of the amount."}
--   pl_line: {type: text, description: "P&L line of config/settlement_rules.csv; UNMAPPED without a rule."}
--   level: {type: text, description: "Level of the P&L line: CM1, CM2, OVERHEAD, TAX, BALANCE or UNMAPPED."}
--   status: {type: text, description: "complete; incomplete without a rule."}
--   missing: {type: text, description: "What is missing: marketplace, unmapped; empty: nothing."}
WITH lines AS (
    SELECT s.account_id,
           NULLIF(s.marketplace_id, '') AS own_marketplace,
           s.settlement_id,
           s.source_line,
           s.posted_date,
           s.posted_date_time,
           COALESCE(s.transaction_type, '') AS transaction_type,
           COALESCE(s.amount_type, '') AS amount_type,
           COALESCE(s.amount_description, '') AS amount_description,
           COALESCE(NULLIF(LOWER(TRIM(s.transaction_type)), ''), '(blank)') AS type_key,
           COALESCE(NULLIF(LOWER(TRIM(s.amount_type)), ''), '(blank)') AS amount_key,
           COALESCE(NULLIF(LOWER(TRIM(s.amount_description)), ''), '(blank)') AS description_key,
           CASE WHEN s.amount < 0 THEN '-' ELSE '+' END AS sign,
           COALESCE(s.order_id, '') AS order_id,
           COALESCE(s.sku, '') AS sku,
           s.quantity_purchased AS quantity,
           s.amount,
           NULLIF(s.currency, '') AS currency
    FROM {{ source('amazon_sp.settlements') }} AS s
    WHERE s.amount IS NOT NULL
),
patterns AS (
    SELECT LOWER(r.transaction_type) AS type_pattern,
           LOWER(r.amount_type) AS amount_pattern,
           LOWER(r.amount_description) AS description_pattern,
           LENGTH(REPLACE(r.transaction_type, '*', '')) AS type_length,
           LENGTH(REPLACE(r.amount_type, '*', '')) AS amount_length,
           LENGTH(REPLACE(r.amount_description, '*', '')) AS description_length,
           r.sign,
           r.pl_line,
           r.level
    FROM {{ source('reference.settlement_rule') }} AS r
),
names AS (
    SELECT l.type_key, l.amount_key, l.description_key, l.sign
    FROM lines AS l
    GROUP BY l.type_key, l.amount_key, l.description_key, l.sign
),
typed AS (
    SELECT n.type_key,
           n.amount_key,
           n.description_key,
           n.sign,
           COALESCE(LOWER(REPLACE(p.pl_line, 'as ', '')), n.type_key) AS read_as
    FROM names AS n
    LEFT JOIN patterns AS p ON p.level = 'AS' AND p.type_pattern = n.type_key
),
-- Of the rules that fit, the one with most letters: an exact name before a pattern, a longer pattern before a
-- shorter one.
ranked AS (
    SELECT t.type_key,
           t.amount_key,
           t.description_key,
           t.sign,
           p.pl_line,
           p.level,
           ROW_NUMBER() OVER (
               PARTITION BY t.type_key, t.amount_key, t.description_key, t.sign
               ORDER BY p.type_length + p.amount_length + p.description_length DESC,
                        p.description_length DESC,
                        p.amount_length DESC,
                        LENGTH(p.sign) DESC
           ) AS place
    FROM typed AS t
    INNER JOIN patterns AS p
        ON p.level <> 'AS'
        AND (p.sign = '' OR p.sign = t.sign)
        AND (p.type_pattern = t.read_as
             OR (RIGHT(p.type_pattern, 1) = '*' AND LEFT(t.read_as, LENGTH(p.type_pattern) - 1) = LEFT(p.type_pattern, LENGTH(p.type_pattern) - 1)))
        AND (p.amount_pattern = t.amount_key
             OR (RIGHT(p.amount_pattern, 1) = '*' AND LEFT(t.amount_key, LENGTH(p.amount_pattern) - 1) = LEFT(p.amount_pattern, LENGTH(p.amount_pattern) - 1)))
        AND (p.description_pattern = t.description_key
             OR (RIGHT(p.description_pattern, 1) = '*' AND LEFT(t.description_key, LENGTH(p.description_pattern) - 1) = LEFT(p.description_pattern, LENGTH(p.description_pattern) - 1))
             OR (LEFT(p.description_pattern, 1) = '*' AND RIGHT(t.description_key, LENGTH(p.description_pattern) - 1) = RIGHT(p.description_pattern, LENGTH(p.description_pattern) - 1)))
),
settlement_days AS (
    SELECT l.account_id, l.settlement_id, l.posted_date
    FROM lines AS l
    WHERE l.own_marketplace IS NULL
    GROUP BY l.account_id, l.settlement_id, l.posted_date
),
by_settlement AS (
    SELECT d.account_id,
           d.settlement_id,
           d.posted_date,
           CASE WHEN COUNT(DISTINCT s.marketplace_id) = 1 THEN MIN(s.marketplace_id) END AS marketplace_id,
           CASE WHEN COUNT(DISTINCT k.currency) = 1 THEN MIN(k.currency) END AS currency
    FROM settlement_days AS d
    INNER JOIN {{ ref('settlement_marketplace') }} AS s
        ON s.account_id = d.account_id
        AND s.settlement_id = d.settlement_id
        AND s.day BETWEEN d.posted_date - INTERVAL '16' DAY AND d.posted_date + INTERVAL '16' DAY
    LEFT JOIN {{ source('reference.marketplace') }} AS k ON k.id = s.marketplace_id
    GROUP BY d.account_id, d.settlement_id, d.posted_date
),
by_transaction AS (
    SELECT l.account_id,
           l.settlement_id,
           l.source_line,
           CASE WHEN COUNT(DISTINCT t.marketplace_id) = 1 THEN MIN(t.marketplace_id) END AS marketplace_id
    FROM lines AS l
    INNER JOIN {{ ref('transaction_line') }} AS t
        ON t.account_id = l.account_id
        AND t.posted_at = l.posted_date_time
        AND t.amount = l.amount
        AND t.currency = COALESCE(l.currency, t.currency)
        AND (t.sku = l.sku OR t.sku = '' OR l.sku = '')
        AND t.marketplace_id <> ''
        AND t.is_counted
    WHERE l.own_marketplace IS NULL
    GROUP BY l.account_id, l.settlement_id, l.source_line
),
placed AS (
    SELECT l.*,
           s.currency AS settlement_currency,
           COALESCE(l.own_marketplace, t.marketplace_id, s.marketplace_id, '') AS marketplace_id,
           CASE WHEN l.own_marketplace IS NOT NULL THEN 'row'
                WHEN t.marketplace_id IS NOT NULL THEN 'transaction'
                WHEN s.marketplace_id IS NOT NULL THEN 'settlement'
                ELSE '' END AS marketplace_from
    FROM lines AS l
    LEFT JOIN by_transaction AS t
        ON t.account_id = l.account_id AND t.settlement_id = l.settlement_id AND t.source_line = l.source_line
    LEFT JOIN by_settlement AS s
        ON s.account_id = l.account_id AND s.settlement_id = l.settlement_id AND s.posted_date = l.posted_date
),
mapped AS (
    SELECT l.account_id, l.marketplace_id, l.marketplace_from, l.posted_date, l.posted_date_time, l.settlement_id, l.source_line,
           l.transaction_type, l.amount_type, l.amount_description, l.order_id, l.sku, l.quantity, l.amount,
           l.currency, l.settlement_currency, r.pl_line, r.level,
           -- The name of a returns fee ends with the ASIN and the months.
           CASE WHEN r.pl_line = 'fee.fba_return' AND STRPOS(l.amount_type, ' B0') > 0
                THEN LEFT(RIGHT(l.amount_type, LENGTH(l.amount_type) - STRPOS(l.amount_type, ' B0')), 10)
                ELSE '' END AS asin
    FROM placed AS l
    LEFT JOIN ranked AS r
        ON r.type_key = l.type_key
        AND r.amount_key = l.amount_key
        AND r.description_key = l.description_key
        AND r.sign = l.sign
        AND r.place = 1
),
asins AS (
    SELECT a.account_id, a.asin, a.posted_date, CASE WHEN COUNT(DISTINCT p.sku) = 1 THEN MIN(p.sku) END AS sku
    FROM (
        SELECT x.account_id, x.asin, x.posted_date FROM mapped AS x WHERE x.asin <> '' AND x.sku = ''
        GROUP BY x.account_id, x.asin, x.posted_date
    ) AS a
    INNER JOIN {{ ref('product_seen') }} AS p
        ON p.account_id = a.account_id
        AND p.asin = a.asin
        AND p.week_monday BETWEEN a.posted_date - INTERVAL '130' DAY AND a.posted_date
    GROUP BY a.account_id, a.asin, a.posted_date
)
SELECT l.account_id,
       l.marketplace_id,
       l.marketplace_from,
       COALESCE(CAST(l.posted_date_time AT TIME ZONE m.time_zone AS DATE), l.posted_date) AS day,
       l.posted_date_time AS posted_at,
       l.settlement_id,
       l.source_line,
       l.transaction_type,
       l.amount_type,
       l.amount_description,
       l.order_id,
       COALESCE(NULLIF(l.sku, ''), a.sku, '') AS sku,
       l.asin,
       l.quantity,
       l.amount,
       COALESCE(l.currency, m.currency, l.settlement_currency) AS currency,
       COALESCE(l.pl_line, 'UNMAPPED') AS pl_line,
       COALESCE(l.level, 'UNMAPPED') AS level,
       CASE WHEN COALESCE(l.level, 'UNMAPPED') = 'UNMAPPED' THEN 'incomplete' ELSE 'complete' END AS status,
       REPLACE(TRIM(CASE WHEN l.marketplace_id = '' THEN 'marketplace ' ELSE '' END
                    || CASE WHEN COALESCE(l.level, 'UNMAPPED') = 'UNMAPPED' THEN 'unmapped' ELSE '' END), ' ', ', ') AS missing
FROM mapped AS l
LEFT JOIN {{ source('reference.marketplace') }} AS m ON m.id = l.marketplace_id
LEFT JOIN asins AS a ON a.account_id = l.account_id AND a.asin = l.asin AND a.posted_date = l.posted_date
