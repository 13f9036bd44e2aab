-- description: What the reimbursements of a SKU in a month come to against what settlements paid for it, by currency.
-- inputs: [amazon_sp.reimbursements, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0.01}
-- holds_after: 3d
-- look_back: 100d
-- severity: partial_failure
WITH approved AS (
    SELECT account_id, currency_unit AS currency, date_trunc('month', approval_date AT TIME ZONE 'UTC')::date AS month,
           sku, sum(amount_total) AS amount, count(*) AS lines
    FROM amazon_sp.reimbursements
    WHERE (approval_date AT TIME ZONE 'UTC')::date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
),
currencies AS (
    SELECT account_id, settlement_id, max(currency) AS currency FROM amazon_sp.settlements GROUP BY 1, 2
),
lines AS (
    SELECT s.account_id, c.currency, s.sku, s.amount, s.amount_type,
           coalesce((s.posted_date_time AT TIME ZONE 'UTC')::date, s.posted_date) AS day
    FROM amazon_sp.settlements AS s
    JOIN currencies AS c ON (c.account_id, c.settlement_id) = (s.account_id, s.settlement_id)
    WHERE s.amount IS NOT NULL
),
paid AS (
    SELECT account_id, currency, date_trunc('month', day)::date AS month, sku, sum(amount) AS amount
    FROM lines WHERE amount_type = 'FBA Inventory Reimbursement'
    GROUP BY 1, 2, 3, 4
),
settled AS (
    SELECT account_id, currency, min(day) AS first_day, max(day) AS last_day FROM lines GROUP BY 1, 2
)
SELECT a.account_id, '' AS marketplace_id, a.month AS day, a.currency AS subject,
       sum(a.amount) AS left_value,
       CASE WHEN min(s.first_day) <= a.month AND max(s.last_day) >= a.month + interval '1 month 1 day'
            THEN sum(coalesce(p.amount, 0)) END AS right_value,
       sum(abs(a.amount - coalesce(p.amount, 0))) AS difference,
       jsonb_build_object(
           'reimbursements', sum(a.lines), 'settled_until', max(s.last_day),
           'off', (array_agg(a.sku ORDER BY a.sku) FILTER (WHERE a.amount IS DISTINCT FROM p.amount))[1:5]
       ) AS evidence
FROM approved AS a
JOIN settled AS s ON (s.account_id, s.currency) = (a.account_id, a.currency)
LEFT JOIN paid AS p ON (p.account_id, p.currency, p.month, p.sku) = (a.account_id, a.currency, a.month, a.sku)
GROUP BY a.account_id, a.month, a.currency
