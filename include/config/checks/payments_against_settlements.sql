-- description: Released lines of the payments file against the settlement lines of the same order, SKU and release day.
-- inputs: [seller_portal.payments_date_range, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 60d
-- severity: partial_failure
WITH paid AS (
    SELECT p.account_id, p.marketplace_id, p.order_id, p.sku,
           (p.transaction_release_date AT TIME ZONE 'UTC')::date AS day, sum(p.total) AS total
    FROM seller_portal.payments_date_range AS p
    WHERE p.order_id <> 'none' AND p.transaction_release_date IS NOT NULL
      AND p.transaction_release_date >= %(first_day)s::date AND p.transaction_release_date < %(last_day)s::date + 1
    GROUP BY 1, 2, 3, 4, 5
),
settled AS (
    -- The release date is the posting time of the settlement's lines, in UTC.
    SELECT s.account_id, s.order_id, coalesce(s.sku, 'none') AS sku,
           coalesce((s.posted_date_time AT TIME ZONE 'UTC')::date, s.posted_date) AS day, sum(s.amount) AS total
    FROM amazon_sp.settlements AS s
    WHERE s.order_id IS NOT NULL AND s.amount IS NOT NULL
    GROUP BY 1, 2, 3, 4
),
collected AS (
    -- A line that is released in these first weeks may have been posted before the first file.
    SELECT account_id, marketplace_id, min(date_time)::date + 21 AS from_day
    FROM seller_portal.payments_date_range
    GROUP BY 1, 2
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.total) FILTER (WHERE s.order_id IS NOT NULL) AS left_value,
       sum(s.total) AS right_value, sum(abs(p.total - s.total)) AS difference,
       jsonb_build_object(
           'lines', count(s.order_id),
           'not_settled_yet', count(*) FILTER (WHERE s.order_id IS NULL),
           'orders_off', (array_agg(DISTINCT p.order_id) FILTER (WHERE p.total <> s.total))[1:5]
       ) AS evidence
FROM paid AS p
JOIN collected AS c
  ON c.account_id = p.account_id AND c.marketplace_id = p.marketplace_id AND p.day >= c.from_day
LEFT JOIN settled AS s
       ON (s.account_id, s.order_id, s.sku, s.day) = (p.account_id, p.order_id, p.sku, p.day)
GROUP BY p.account_id, p.marketplace_id, p.day
