-- Names of amounts without a P&L line that the days of the scope have. Small marts say where to look: settlements by
-- settlement_day, transactions by the days that profit_day calls unmapped. Those are posting days, and days of orders
-- whose amounts were posted on others.
WITH settlements AS (
    SELECT d.account_id, d.settlement_id
    FROM sellerops_marts.settlement_day AS d
    WHERE d.level = 'UNMAPPED' AND d.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR d.account_id = ANY (%(accounts)s))
    GROUP BY d.account_id, d.settlement_id
),
unmapped_days AS (
    SELECT p.account_id, p.day
    FROM sellerops_marts.profit_day AS p
    WHERE strpos(p.missing, 'unmapped') > 0 AND p.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
    GROUP BY p.account_id, p.day
),
posted_orders AS (
    SELECT u.account_id, o.day, o.order_id
    FROM unmapped_days AS u
    CROSS JOIN LATERAL (
        SELECT o.day, o.order_id FROM sellerops_marts.posted_order AS o
        WHERE o.account_id = u.account_id AND o.order_day = u.day AND o.unmapped <> 0
        OFFSET 0  -- Day by day: a scan of the whole table looks cheaper than it is.
    ) AS o
    UNION
    SELECT u.account_id, r.day, r.order_id
    FROM unmapped_days AS u
    JOIN sellerops_reference.account_setting AS g ON g.account_id = u.account_id AND g.refund_day = 'order'
    CROSS JOIN LATERAL (
        SELECT r.day, r.order_id FROM sellerops_marts.posted_refund AS r
        WHERE r.account_id = u.account_id AND r.order_day = u.day AND r.level = 'UNMAPPED'
        OFFSET 0  -- The same.
    ) AS r
),
posting_days AS (
    SELECT account_id, day, NULL::text[] AS order_ids FROM unmapped_days
    UNION ALL
    SELECT o.account_id, o.day, array_agg(o.order_id)
    FROM posted_orders AS o
    WHERE NOT EXISTS (SELECT FROM unmapped_days AS u WHERE u.account_id = o.account_id AND u.day = o.day)
    GROUP BY o.account_id, o.day
)
SELECT 'settlement' AS source, l.account_id, l.marketplace_id, l.transaction_type AS name, l.amount_type AS second_name,
       l.amount_description AS third_name, l.currency, count(*) AS lines, sum(l.amount) AS amount,
       min(l.day) AS first_day, max(l.day) AS last_day
FROM settlements AS s
JOIN sellerops_marts.settlement_line AS l ON l.account_id = s.account_id AND l.settlement_id = s.settlement_id
WHERE l.level = 'UNMAPPED' AND l.day BETWEEN %(start)s AND %(end)s
  AND (%(marketplaces)s::text[] IS NULL OR l.marketplace_id = ANY (%(marketplaces)s))
GROUP BY l.account_id, l.marketplace_id, l.transaction_type, l.amount_type, l.amount_description, l.currency
UNION ALL
SELECT 'transaction', t.account_id, t.marketplace_id, t.transaction_type, t.breakdown_type, '', t.currency, count(*),
       sum(t.amount), min(t.day), max(t.day)
FROM posting_days AS p
CROSS JOIN LATERAL (
    SELECT * FROM sellerops_marts.transaction_line AS l
    WHERE l.account_id = p.account_id AND l.day = p.day AND l.level = 'UNMAPPED' AND l.is_counted
      AND (p.order_ids IS NULL OR l.order_id = ANY (p.order_ids))
    OFFSET 0  -- The same.
) AS t
WHERE %(marketplaces)s::text[] IS NULL OR t.marketplace_id = ANY (%(marketplaces)s)
GROUP BY t.account_id, t.marketplace_id, t.transaction_type, t.breakdown_type, t.currency
ORDER BY source, amount, account_id, name, second_name, third_name
