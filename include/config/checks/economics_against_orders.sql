-- description: Units of economics against the units of the orders placed that day. Amazon's economics have dropped to zero for days without saying so.
-- inputs: [amazon_sp.economics, amazon_sp.all_orders]
-- unit: units
-- tolerance: {absolute: 2, relative: 0.02}   # orders cancelled after the last check of the day
-- holds_after: 3d                            # younger days still change in both
-- look_back: 35d
-- severity: partial_failure
WITH economics AS (
    SELECT e.account_id, e.marketplace_id, e.date AS day, sum(e.units_ordered) AS units,
           array_agg(DISTINCT e.load_id) AS loads
    FROM amazon_sp.economics AS e
    -- Amazon sells returned units again under SKUs of its own; they are no orders of the listed SKUs.
    WHERE e.date BETWEEN %(first_day)s AND %(last_day)s AND e.msku NOT LIKE 'amzn.%%'
    GROUP BY 1, 2, 3
),
orders AS (
    SELECT o.account_id, o.marketplace_id, (o.purchase_date AT TIME ZONE m.timezone)::date AS day,
           sum(o.quantity) FILTER (WHERE o.item_status IS DISTINCT FROM 'Cancelled') AS units
    FROM amazon_sp.all_orders AS o JOIN marketplace AS m ON m.id = o.marketplace_id
    WHERE o.purchase_date >= %(first_day)s::date - 1 AND o.purchase_date < %(last_day)s::date + 2
      AND o.sku NOT LIKE 'amzn.%%'
    GROUP BY 1, 2, 3
)
SELECT e.account_id, e.marketplace_id, e.day, e.units AS left_value,
       -- Orders are collected by last update: all updates since the start of the day must have been collected.
       CASE WHEN c.account_id IS NOT NULL THEN coalesce(o.units, 0) END AS right_value,
       jsonb_build_object('economics_loads', e.loads) AS evidence
FROM economics AS e
JOIN marketplace AS m ON m.id = e.marketplace_id
LEFT JOIN orders AS o ON (o.account_id, o.marketplace_id, o.day) = (e.account_id, e.marketplace_id, e.day)
LEFT JOIN sellerops.days_loaded('amazon_sp.all_orders') AS c
       ON c.account_id = e.account_id AND c.marketplace_id IN ('', e.marketplace_id)
      AND c.first_day <= (e.day::timestamp AT TIME ZONE m.timezone AT TIME ZONE 'UTC')::date
      AND c.last_day >= ((e.day + 1)::timestamp AT TIME ZONE m.timezone AT TIME ZONE 'UTC')::date
