-- description: Totals of each order in the payments file against the API's transactions, by day of the order's first line.
-- inputs: [seller_portal.payments_date_range, amazon_sp.transactions]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
WITH paid AS (
    SELECT p.account_id, p.marketplace_id, p.order_id, sum(p.total) AS total,
           min(p.date_time AT TIME ZONE m.timezone)::date AS day
    FROM seller_portal.payments_date_range AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.order_id <> 'none'
    GROUP BY p.account_id, p.marketplace_id, p.order_id
),
posted AS (
    -- A deferred amount counts once: as DEFERRED while it waits, as RELEASED when it is paid.
    SELECT t.account_id, t.order_id, min(t.posted_date) AS first_at,
           sum(t.total_amount) FILTER (WHERE t.transaction_status IS DISTINCT FROM 'DEFERRED_RELEASED') AS total
    FROM amazon_sp.transactions AS t
    WHERE t.order_id IS NOT NULL
    GROUP BY t.account_id, t.order_id
),
collected AS (
    -- Of an order that was paid, refunded or released in these first weeks, earlier lines may be missing.
    SELECT a.account_id, greatest(a.first_at, b.first_at)::date + 21 AS from_day
    FROM (SELECT account_id, min(date_time) AS first_at FROM seller_portal.payments_date_range GROUP BY 1) AS a
    JOIN (SELECT account_id, min(posted_date) AS first_at FROM amazon_sp.transactions GROUP BY 1) AS b
      ON b.account_id = a.account_id
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.total) FILTER (WHERE t.order_id IS NOT NULL) AS left_value,
       sum(t.total) AS right_value,
       sum(abs(p.total - t.total)) AS difference,
       jsonb_build_object(
           'orders', count(t.order_id),
           'not_in_the_api_yet', count(*) FILTER (WHERE t.order_id IS NULL),
           'orders_off', (array_agg(p.order_id) FILTER (WHERE p.total <> t.total))[1:5]
       ) AS evidence
FROM paid AS p
JOIN collected AS c ON c.account_id = p.account_id AND p.day >= c.from_day
LEFT JOIN posted AS t ON t.account_id = p.account_id AND t.order_id = p.order_id
WHERE p.day BETWEEN %(first_day)s AND %(last_day)s AND (t.order_id IS NULL OR t.first_at >= c.from_day)
GROUP BY p.account_id, p.marketplace_id, p.day
