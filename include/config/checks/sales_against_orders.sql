-- description: Units of sales and traffic against the units of the orders placed that day, in the marketplace's time zone.
-- inputs: [amazon_sp.sales_daily, amazon_sp.all_orders]
-- unit: units
-- tolerance: {absolute: 2, relative: 0.02}   # orders cancelled after the last check of the day
-- holds_after: 3d                            # younger days still change in both
-- look_back: 35d
-- severity: partial_failure
WITH sales AS (
    SELECT s.account_id, s.marketplace_id, s.date AS day, sum(s.units_ordered) AS units,
           array_agg(DISTINCT s.load_id) AS loads
    FROM amazon_sp.sales_daily AS s
    WHERE s.date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
orders AS (
    SELECT o.account_id, o.marketplace_id, (o.purchase_date AT TIME ZONE m.timezone)::date AS day,
           sum(o.quantity) FILTER (WHERE o.item_status IS DISTINCT FROM 'Cancelled') AS units,
           array_agg(DISTINCT o.load_id) AS loads
    FROM amazon_sp.all_orders AS o JOIN marketplace AS m ON m.id = o.marketplace_id
    WHERE o.purchase_date >= %(first_day)s::date - 1 AND o.purchase_date < %(last_day)s::date + 2
    GROUP BY 1, 2, 3
)
SELECT s.account_id, s.marketplace_id, s.day, s.units AS left_value,
       -- Orders are collected by last update: all updates since the start of the day must have been collected.
       CASE WHEN c.account_id IS NOT NULL THEN coalesce(o.units, 0) END AS right_value,
       jsonb_build_object('sales_loads', s.loads, 'order_loads', o.loads) AS evidence
FROM sales AS s
JOIN marketplace AS m ON m.id = s.marketplace_id
LEFT JOIN orders AS o ON (o.account_id, o.marketplace_id, o.day) = (s.account_id, s.marketplace_id, s.day)
LEFT JOIN sellerops.days_loaded('amazon_sp.all_orders') AS c
       ON c.account_id = s.account_id AND c.marketplace_id IN ('', s.marketplace_id)
      AND c.first_day <= (s.day::timestamp AT TIME ZONE m.timezone AT TIME ZONE 'UTC')::date
      AND c.last_day >= ((s.day + 1)::timestamp AT TIME ZONE m.timezone AT TIME ZONE 'UTC')::date
