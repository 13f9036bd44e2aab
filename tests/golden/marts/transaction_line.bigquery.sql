WITH items AS (
  SELECT
    i.account_id,
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
  FROM __source__amazon_sp__dot__transaction_item_amounts__ AS i
  WHERE
    i.transaction_id IS NOT NULL
  GROUP BY
    i.account_id,
    i.transaction_id,
    COALESCE(i.sku, ''),
    COALESCE(i.asin, ''),
    COALESCE(i.breakdown_path, ''),
    COALESCE(i.breakdown_type, ''),
    i.currency_code
), whole AS (
  SELECT
    a.account_id,
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
  FROM __source__amazon_sp__dot__transaction_amounts__ AS a
  GROUP BY
    a.account_id,
    COALESCE(a.transaction_id, ''),
    a.posted_date,
    COALESCE(a.transaction_type, ''),
    COALESCE(a.transaction_status, ''),
    COALESCE(a.marketplace_id, ''),
    COALESCE(a.transaction_description, ''),
    COALESCE(a.breakdown_path, ''),
    COALESCE(a.breakdown_type, ''),
    a.currency_code
), with_items AS (
  SELECT
    i.account_id,
    i.transaction_id,
    SUM(i.amount) AS amount
  FROM items AS i
  GROUP BY
    i.account_id,
    i.transaction_id
), totals AS (
  SELECT
    w.account_id,
    w.transaction_id,
    SUM(w.amount) AS amount
  FROM whole AS w
  GROUP BY
    w.account_id,
    w.transaction_id
), beyond /* What a transaction has beyond its items, by name; usually nothing. */ AS (
  SELECT
    p.account_id,
    p.transaction_id,
    p.breakdown_type,
    p.currency,
    SUM(p.amount) AS amount
  FROM (
    SELECT
      w.account_id,
      w.transaction_id,
      w.breakdown_type,
      w.currency,
      w.amount
    FROM whole AS w
    UNION ALL
    SELECT
      i.account_id,
      i.transaction_id,
      i.breakdown_type,
      i.currency,
      -i.amount AS amount
    FROM items AS i
  ) AS p
  INNER JOIN with_items AS i
    ON i.account_id = p.account_id AND i.transaction_id = p.transaction_id
  INNER JOIN totals AS t
    ON t.account_id = p.account_id
    AND t.transaction_id = p.transaction_id
    AND t.amount <> i.amount
  GROUP BY
    p.account_id,
    p.transaction_id,
    p.breakdown_type,
    p.currency
), amounts AS (
  SELECT
    i.account_id,
    i.transaction_id,
    i.posted_at,
    i.transaction_type,
    i.transaction_status,
    i.marketplace_id,
    '' AS description,
    i.sku,
    i.asin,
    i.breakdown_path,
    i.breakdown_type,
    i.currency,
    i.quantity,
    i.amount
  FROM items AS i
  UNION ALL
  SELECT
    w.account_id,
    w.transaction_id,
    w.posted_at,
    w.transaction_type,
    w.transaction_status,
    w.marketplace_id,
    w.description,
    '' AS sku,
    '' AS asin,
    w.breakdown_path,
    w.breakdown_type,
    w.currency,
    NULL AS quantity,
    w.amount
  FROM whole AS w
  LEFT JOIN with_items AS i
    ON i.account_id = w.account_id AND i.transaction_id = w.transaction_id
  WHERE
    i.transaction_id IS NULL
  UNION ALL
  SELECT
    b.account_id,
    b.transaction_id,
    t.posted_date AS posted_at,
    COALESCE(t.transaction_type, '') AS transaction_type,
    COALESCE(t.transaction_status, '') AS transaction_status,
    COALESCE(t.marketplace_id, '') AS marketplace_id,
    '' AS description,
    '' AS sku,
    '' AS asin,
    b.breakdown_type AS breakdown_path,
    b.breakdown_type,
    b.currency,
    NULL AS quantity,
    b.amount
  FROM beyond AS b
  INNER JOIN __source__amazon_sp__dot__transactions__ AS t
    ON t.account_id = b.account_id AND t.transaction_id = b.transaction_id
), nameless /* Transactions to which Amazon gives no id: their marketplace, if those of one moment agree. */ AS (
  SELECT
    t.account_id,
    t.posted_date AS posted_at,
    COALESCE(t.transaction_type, '') AS transaction_type,
    COALESCE(t.description, '') AS description,
    CASE
      WHEN COUNT(DISTINCT t.selling_partner_marketplace_id) = 1
      THEN MIN(t.selling_partner_marketplace_id)
    END AS marketplace_id
  FROM __source__amazon_sp__dot__transactions__ AS t
  WHERE
    LEFT(t.transaction_id, 5) = 'none-'
  GROUP BY
    t.account_id,
    t.posted_date,
    COALESCE(t.transaction_type, ''),
    COALESCE(t.description, '')
), patterns AS (
  SELECT
    LOWER(r.transaction_type) AS type_pattern,
    LOWER(r.breakdown_type) AS breakdown_pattern,
    LENGTH(REPLACE(r.transaction_type, '*', '')) AS type_length,
    LENGTH(REPLACE(r.breakdown_type, '*', '')) AS breakdown_length,
    r.sign,
    r.pl_line,
    r.level
  FROM __source__reference__dot__finance_rule__ AS r
), names AS (
  SELECT
    LOWER(TRIM(a.transaction_type, ' ')) AS type_key,
    LOWER(TRIM(a.breakdown_type, ' ')) AS breakdown_key,
    CASE WHEN a.amount < 0 THEN '-' ELSE '+' END AS sign
  FROM amounts AS a
  GROUP BY
    LOWER(TRIM(a.transaction_type, ' ')),
    LOWER(TRIM(a.breakdown_type, ' ')),
    CASE WHEN a.amount < 0 THEN '-' ELSE '+' END
), ranked /* Of the rules that fit, the one with most letters. */ AS (
  SELECT
    n.type_key,
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
    ON (
      p.sign = '' OR p.sign = n.sign
    )
    AND (
      p.type_pattern = n.type_key OR p.type_pattern = '*'
    )
    AND (
      p.breakdown_pattern = n.breakdown_key
      OR (
        RIGHT(p.breakdown_pattern, 1) = '*'
        AND LEFT(n.breakdown_key, LENGTH(p.breakdown_pattern) - 1) = LEFT(p.breakdown_pattern, LENGTH(p.breakdown_pattern) - 1)
      )
    )
), placed AS (
  SELECT
    a.account_id,
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
  LEFT JOIN __source__amazon_sp__dot__transactions__ AS t
    ON t.account_id = a.account_id AND t.transaction_id = a.transaction_id
  LEFT JOIN nameless AS n
    ON a.transaction_id = ''
    AND n.account_id = a.account_id
    AND n.posted_at = a.posted_at
    AND n.transaction_type = a.transaction_type
    AND n.description = a.description
)
SELECT
  p.account_id,
  p.marketplace_id,
  COALESCE(DATE(p.posted_at, m.time_zone), CAST(p.posted_at AS DATE)) AS day,
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
  CASE
    WHEN r.level IS NULL
    THEN 'incomplete'
    WHEN p.transaction_status = 'DEFERRED'
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  CASE WHEN r.level IS NULL THEN 'unmapped' ELSE '' END AS missing
FROM placed AS p
LEFT JOIN __source__reference__dot__marketplace__ AS m
  ON m.id = p.marketplace_id
LEFT JOIN ranked AS r
  ON r.type_key = LOWER(TRIM(p.transaction_type, ' '))
  AND r.breakdown_key = LOWER(TRIM(p.breakdown_type, ' '))
  AND r.sign = CASE WHEN p.amount < 0 THEN '-' ELSE '+' END
  AND r.place = 1
/* A product at price 0 is a unit all the same. */
WHERE
  p.amount <> 0 OR r.pl_line = 'revenue.product'
