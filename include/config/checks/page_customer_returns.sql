-- description: Customer returns on the page against the same lines of the API.
-- inputs: [seller_portal.fba_customer_returns, amazon_sp.fba_customer_returns]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
WITH page AS (
    SELECT p.account_id, p.marketplace_id, (p.return_date AT TIME ZONE m.timezone)::date AS day,
           p.order_id, p.sku, p.return_date, p.return_date AS at, sum(p.quantity) AS figure
    FROM seller_portal.fba_customer_returns AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.return_date >= %(first_day)s::date AND p.return_date < %(last_day)s::date
    GROUP BY 1, 2, 3, 4, 5, 6, 7
),
api AS (
    SELECT a.account_id, a.order_id, a.sku, a.return_date, sum(a.quantity) AS figure
    FROM amazon_sp.fba_customer_returns AS a
    GROUP BY a.account_id, a.order_id, a.sku, a.return_date
),
collected AS (
    SELECT a.account_id, min(a.return_date) AS first_at, max(a.return_date) AS last_at
    FROM amazon_sp.fba_customer_returns AS a
    GROUP BY a.account_id
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.figure) AS left_value,
       -- A day of which the API has no row at all was not collected from it.
       CASE WHEN count(a.account_id) > 0 THEN sum(coalesce(a.figure, 0)) END AS right_value,
       sum(abs(coalesce(p.figure, 0) - coalesce(a.figure, 0))) AS difference,
       jsonb_build_object(
           'only_on_the_page', count(*) FILTER (WHERE a.account_id IS NULL),
           'off', (array_agg(DISTINCT p.order_id::text) FILTER (WHERE a.figure IS DISTINCT FROM p.figure))[1:5]
       ) AS evidence
FROM page AS p
-- Days of the page are those of the store, days of the API those of UTC: only what both have collected is compared.
JOIN collected AS c ON c.account_id = p.account_id AND p.at BETWEEN c.first_at AND c.last_at
LEFT JOIN api AS a
       ON a.account_id = p.account_id AND a.order_id = p.order_id
      AND a.sku IS NOT DISTINCT FROM p.sku
      AND a.return_date IS NOT DISTINCT FROM p.return_date
GROUP BY p.account_id, p.marketplace_id, p.day
