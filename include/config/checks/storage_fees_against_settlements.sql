-- description: The storage fees of a month against what settlements charge for storage in the next, by currency.
-- inputs: [amazon_sp.storage_fees, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0.05, relative: 0.002}   # fees have four decimals, charges two
-- holds_after: 0d
-- look_back: 160d
-- severity: partial_failure
WITH fees AS (
    SELECT account_id, month, currency, sum(estimated_monthly_storage_fee) AS amount, count(*) AS lines
    FROM amazon_sp.storage_fees WHERE month BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
currencies AS (
    -- Only the header of a settlement names its currency.
    SELECT account_id, settlement_id, max(currency) AS currency FROM amazon_sp.settlements GROUP BY 1, 2
),
lines AS (
    SELECT s.account_id, c.currency, s.amount, coalesce((s.posted_date_time AT TIME ZONE 'UTC')::date, s.posted_date) AS day,
           s.amount_type IN ('FBA Inventory Storage Fee', 'FBAStorageBilling')
               AND s.amount_description IN ('Base fee', 'Discount on Fee')
           OR s.amount_description IN ('Storage Fee', 'FBAStorageBilling') AS is_storage
    FROM amazon_sp.settlements AS s
    JOIN currencies AS c ON (c.account_id, c.settlement_id) = (s.account_id, s.settlement_id)
    WHERE s.amount IS NOT NULL
),
charged AS (
    SELECT account_id, currency, (date_trunc('month', day) - interval '1 month')::date AS month, -sum(amount) AS amount
    FROM lines WHERE is_storage
    GROUP BY 1, 2, 3
),
settled AS (
    SELECT account_id, currency, min(day) AS first_day, max(day) AS last_day FROM lines GROUP BY 1, 2
)
SELECT f.account_id, '' AS marketplace_id, f.month AS day, f.currency AS subject, f.amount AS left_value,
       -- A month is charged between the 7th and the 15th of the next.
       CASE WHEN s.first_day <= f.month + interval '1 month' AND s.last_day > f.month + interval '1 month 16 days'
            THEN coalesce(c.amount, 0) END AS right_value,
       jsonb_build_object('lines_of_the_report', f.lines, 'settled_until', s.last_day) AS evidence
FROM fees AS f
JOIN settled AS s ON (s.account_id, s.currency) = (f.account_id, f.currency)
LEFT JOIN charged AS c ON (c.account_id, c.currency, c.month) = (f.account_id, f.currency, f.month)
