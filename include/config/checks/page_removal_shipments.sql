-- description: Shipped units of removal orders on the page against the same lines of the API.
-- inputs: [seller_portal.removal_shipments, amazon_sp.removal_shipments]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 95d
-- severity: partial_failure
WITH page AS (
    SELECT p.account_id, p.marketplace_id, (p.shipment_date AT TIME ZONE m.timezone)::date AS day,
           p.order_id, p.sku, p.tracking_number, p.shipment_date AS at, sum(p.shipped_quantity) AS figure
    FROM seller_portal.removal_shipments AS p JOIN marketplace AS m ON m.id = p.marketplace_id
    WHERE p.shipment_date >= %(first_day)s::date AND p.shipment_date < %(last_day)s::date
    GROUP BY 1, 2, 3, 4, 5, 6, 7
),
api AS (
    SELECT a.account_id, a.order_id, a.sku, a.tracking_number, sum(a.shipped_quantity) AS figure
    FROM amazon_sp.removal_shipments AS a
    GROUP BY a.account_id, a.order_id, a.sku, a.tracking_number
),
collected AS (
    SELECT a.account_id, min(a.shipment_date) AS first_at, max(a.shipment_date) AS last_at
    FROM amazon_sp.removal_shipments AS a
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
      AND a.tracking_number IS NOT DISTINCT FROM p.tracking_number
GROUP BY p.account_id, p.marketplace_id, p.day
