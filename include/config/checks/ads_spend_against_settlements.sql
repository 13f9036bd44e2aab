-- description: What campaigns cost in a month against the advertising that settlements charge for it, by currency.
-- inputs: [amazon_ads.sp_campaigns, amazon_ads.sb_campaigns, amazon_ads.sd_campaigns, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 600, relative: 0.15}   # invoices are charged days after they close; one may fall into another month
-- holds_after: 0d
-- look_back: 160d
-- severity: partial_failure
WITH spent AS (
    SELECT account_id, currency_code AS currency, date, cost FROM amazon_ads.sp_campaigns
    UNION ALL SELECT account_id, currency_code, date, cost FROM amazon_ads.sb_campaigns
    UNION ALL SELECT account_id, currency_code, date, cost FROM amazon_ads.sd_campaigns
),
spend AS (
    SELECT account_id, currency, date_trunc('month', date)::date AS month, sum(cost) AS amount, min(date) AS first_day,
           max(date) AS last_day
    FROM spent WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
currencies AS (
    SELECT account_id, settlement_id, max(currency) AS currency FROM amazon_sp.settlements GROUP BY 1, 2
),
lines AS (
    SELECT s.account_id, c.currency, s.amount, s.amount_type = 'Cost of Advertising' AS is_ads,
           coalesce((s.posted_date_time AT TIME ZONE 'UTC')::date, s.posted_date) AS day
    FROM amazon_sp.settlements AS s
    JOIN currencies AS c ON (c.account_id, c.settlement_id) = (s.account_id, s.settlement_id)
    WHERE s.amount IS NOT NULL
),
invoiced AS (
    -- The last invoice of a month is charged in the first five days of the next.
    SELECT account_id, currency, date_trunc('month', day - 5)::date AS month, -sum(amount) AS amount
    FROM lines WHERE is_ads
    GROUP BY 1, 2, 3
),
settled AS (
    -- Accounts that pay for ads by card have no such line; there is nothing to compare.
    SELECT account_id, currency, min(day) AS first_day, max(day) AS last_day FROM lines
    GROUP BY 1, 2 HAVING bool_or(is_ads)
)
SELECT p.account_id, '' AS marketplace_id, p.month AS day, p.currency AS subject, p.amount AS left_value,
       CASE WHEN p.first_day = p.month AND p.last_day = (p.month + interval '1 month' - interval '1 day')::date
             AND s.first_day <= p.month + 5 AND s.last_day > p.month + interval '1 month 5 days'
            THEN coalesce(i.amount, 0) END AS right_value,
       jsonb_build_object('settled_until', s.last_day) AS evidence
FROM spend AS p
JOIN settled AS s ON (s.account_id, s.currency) = (p.account_id, p.currency)
LEFT JOIN invoiced AS i ON (i.account_id, i.currency, i.month) = (p.account_id, p.currency, p.month)
