-- description: Units and sales on the page Business Reports against sales and traffic of the API, by day.
-- inputs: [seller_portal.business_report_by_date, amazon_sp.sales_daily_totals]
-- unit: units or money
-- tolerance: {absolute: 1, relative: 0.005}
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
SELECT p.account_id, p.marketplace_id, p.date AS day, f.subject, f.page AS left_value, f.api AS right_value,
       jsonb_build_object('page_load', p.load_id, 'api_load', a.load_id) AS evidence
FROM seller_portal.business_report_by_date AS p
JOIN amazon_sp.sales_daily_totals AS a
  ON (a.account_id, a.marketplace_id, a.date) = (p.account_id, p.marketplace_id, p.date)
CROSS JOIN LATERAL (VALUES
    ('units ordered', p.units_ordered::numeric, a.units_ordered::numeric),
    ('ordered product sales', p.ordered_product_sales, a.ordered_product_sales_amount),
    ('sessions', p.sessions::numeric, a.sessions::numeric)
) AS f (subject, page, api)
WHERE p.date BETWEEN %(first_day)s AND %(last_day)s AND f.page IS NOT NULL
