-- description: Units and sales by child ASIN on the page Business Reports against sales and traffic of the API.
-- inputs: [seller_portal.business_report_by_child, amazon_sp.sales_daily]
-- unit: units or money
-- tolerance: {absolute: 1, relative: 0.005}
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
WITH page AS (
    SELECT account_id, marketplace_id, date, child_asin, sum(units_ordered) AS units, sum(ordered_product_sales) AS sales
    FROM seller_portal.business_report_by_child
    WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
),
api AS (
    SELECT account_id, marketplace_id, date, child_asin, sum(units_ordered) AS units,
           sum(ordered_product_sales_amount) AS sales
    FROM amazon_sp.sales_daily
    WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4
)
SELECT p.account_id, p.marketplace_id, p.date AS day, f.subject, sum(f.page) AS left_value,
       CASE WHEN count(a.child_asin) > 0 THEN sum(coalesce(f.api, 0)) END AS right_value,
       jsonb_build_object(
           'asins_off', (array_agg(DISTINCT p.child_asin) FILTER (WHERE f.page IS DISTINCT FROM f.api))[1:5]
       ) AS evidence
FROM page AS p
LEFT JOIN api AS a
       ON (a.account_id, a.marketplace_id, a.date, a.child_asin) = (p.account_id, p.marketplace_id, p.date, p.child_asin)
CROSS JOIN LATERAL (VALUES
    ('units ordered', p.units::numeric, a.units::numeric), ('ordered product sales', p.sales, a.sales)
) AS f (subject, page, api)
GROUP BY p.account_id, p.marketplace_id, p.date, f.subject
