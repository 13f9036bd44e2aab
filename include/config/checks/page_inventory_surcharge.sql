-- description: Aged inventory surcharges on the page against the same lines of the API.
-- inputs: [seller_portal.long_term_storage_fees, amazon_sp.long_term_storage_fees]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 95d
-- severity: partial_failure
WITH page AS (
    SELECT p.account_id, p.marketplace_id, p.snapshot_date AS day,
           p.sku, p.country, p.surcharge_age_tier, p.snapshot_date, p.snapshot_date AS at, sum(p.amount_charged) AS figure
    FROM seller_portal.long_term_storage_fees AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.snapshot_date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
),
api AS (
    SELECT a.account_id, a.sku, a.country, a.surcharge_age_tier, a.snapshot_date, sum(a.amount_charged) AS figure
    FROM amazon_sp.long_term_storage_fees AS a
    GROUP BY a.account_id, a.sku, a.country, a.surcharge_age_tier, a.snapshot_date
),
collected AS (
    SELECT a.account_id, min(a.snapshot_date) AS first_at, max(a.snapshot_date) AS last_at
    FROM amazon_sp.long_term_storage_fees AS a
    GROUP BY a.account_id
)
SELECT p.account_id, p.marketplace_id, p.day, sum(p.figure) AS left_value,
       -- A day of which the API has no row at all was not collected from it.
       CASE WHEN count(a.account_id) > 0 THEN sum(coalesce(a.figure, 0)) END AS right_value,
       sum(abs(coalesce(p.figure, 0) - coalesce(a.figure, 0))) AS difference,
       jsonb_build_object(
           'only_on_the_page', count(*) FILTER (WHERE a.account_id IS NULL),
           'off', (array_agg(DISTINCT p.sku::text) FILTER (WHERE a.figure IS DISTINCT FROM p.figure))[1:5]
       ) AS evidence
FROM page AS p
-- Days of the page are those of the store, days of the API those of UTC: only what both have collected is compared.
JOIN collected AS c ON c.account_id = p.account_id AND p.at BETWEEN c.first_at AND c.last_at
LEFT JOIN api AS a
       ON a.account_id = p.account_id AND a.sku = p.sku
      AND a.country IS NOT DISTINCT FROM p.country
      AND a.surcharge_age_tier IS NOT DISTINCT FROM p.surcharge_age_tier
      AND a.snapshot_date IS NOT DISTINCT FROM p.snapshot_date
GROUP BY p.account_id, p.marketplace_id, p.day
