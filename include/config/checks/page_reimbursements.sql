-- description: Reimbursed amounts on the page against the same reimbursements of the API.
-- inputs: [seller_portal.reimbursements, amazon_sp.reimbursements]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 95d
-- severity: partial_failure
WITH page AS (
    SELECT p.account_id, p.marketplace_id, (p.approval_date AT TIME ZONE m.timezone)::date AS day,
           p.reimbursement_id, p.sku, p.approval_date AS at, sum(p.amount_total) AS figure
    FROM seller_portal.reimbursements AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.approval_date >= %(first_day)s::date AND p.approval_date < %(last_day)s::date
    GROUP BY 1, 2, 3, 4, 5, 6
),
api AS (
    SELECT a.account_id, a.reimbursement_id, a.sku, sum(a.amount_total) AS figure
    FROM amazon_sp.reimbursements AS a
    GROUP BY a.account_id, a.reimbursement_id, a.sku
),
collected AS (
    SELECT a.account_id, min(a.approval_date) AS first_at, max(a.approval_date) AS last_at
    FROM amazon_sp.reimbursements AS a
    GROUP BY a.account_id
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.figure) AS left_value,
       -- A day of which the API has no row at all was not collected from it.
       CASE WHEN count(a.account_id) > 0 THEN sum(coalesce(a.figure, 0)) END AS right_value,
       sum(abs(coalesce(p.figure, 0) - coalesce(a.figure, 0))) AS difference,
       jsonb_build_object(
           'only_on_the_page', count(*) FILTER (WHERE a.account_id IS NULL),
           'off', (array_agg(DISTINCT p.reimbursement_id::text) FILTER (WHERE a.figure IS DISTINCT FROM p.figure))[1:5]
       ) AS evidence
FROM page AS p
-- Days of the page are those of the store, days of the API those of UTC: only what both have collected is compared.
JOIN collected AS c ON c.account_id = p.account_id AND p.at BETWEEN c.first_at AND c.last_at
LEFT JOIN api AS a
       ON a.account_id = p.account_id AND a.reimbursement_id = p.reimbursement_id
      AND a.sku IS NOT DISTINCT FROM p.sku
GROUP BY p.account_id, p.marketplace_id, p.day
