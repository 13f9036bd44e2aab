-- description: Monthly storage fees on the page against the same lines of the API.
-- inputs: [seller_portal.storage_fees, amazon_sp.storage_fees]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 95d
-- severity: partial_failure
WITH page AS (
    SELECT p.account_id, p.marketplace_id, p.month AS day,
           p.fnsku, p.fulfillment_center, p.month_of_charge, p.country_code, p.month AS at, sum(p.estimated_monthly_storage_fee) AS figure
    FROM seller_portal.storage_fees AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.month BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
),
api AS (
    SELECT a.account_id, a.fnsku, a.fulfillment_center, a.month_of_charge, a.country_code, sum(a.estimated_monthly_storage_fee) AS figure
    FROM amazon_sp.storage_fees AS a
    GROUP BY a.account_id, a.fnsku, a.fulfillment_center, a.month_of_charge, a.country_code
),
collected AS (
    SELECT a.account_id, min(a.month) AS first_at, max(a.month) AS last_at
    FROM amazon_sp.storage_fees AS a
    GROUP BY a.account_id
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.figure) AS left_value,
       -- A day of which the API has no row at all was not collected from it.
       CASE WHEN count(a.account_id) > 0 THEN sum(coalesce(a.figure, 0)) END AS right_value,
       sum(abs(coalesce(p.figure, 0) - coalesce(a.figure, 0))) AS difference,
       jsonb_build_object(
           'only_on_the_page', count(*) FILTER (WHERE a.account_id IS NULL),
           'off', (array_agg(DISTINCT p.fnsku::text) FILTER (WHERE a.figure IS DISTINCT FROM p.figure))[1:5]
       ) AS evidence
FROM page AS p
-- Days of the page are those of the store, days of the API those of UTC: only what both have collected is compared.
JOIN collected AS c ON c.account_id = p.account_id AND p.at BETWEEN c.first_at AND c.last_at
LEFT JOIN api AS a
       ON a.account_id = p.account_id AND a.fnsku = p.fnsku
      AND a.fulfillment_center IS NOT DISTINCT FROM p.fulfillment_center
      AND a.month_of_charge IS NOT DISTINCT FROM p.month_of_charge
      AND a.country_code IS NOT DISTINCT FROM p.country_code
GROUP BY p.account_id, p.marketplace_id, p.day
