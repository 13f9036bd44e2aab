-- What the orders of the scope's days would be worth more if days were UTC days, by marketplace. Only orders near both
-- ends of the scope can be on another side. Keys are given in full, because these tables are large.
WITH edges AS (
    SELECT g.account_id, g.reporting_currency, m.id AS marketplace_id, d.day
    FROM sellerops_reference.account_setting AS g
    CROSS JOIN sellerops.marketplace AS m
    CROSS JOIN (VALUES (%(start)s::date - 1), (%(start)s::date), (%(end)s::date), (%(end)s::date + 1)) AS d (day)
    WHERE (%(accounts)s::text[] IS NULL OR g.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s))
    GROUP BY g.account_id, g.reporting_currency, m.id, d.day
),
orders AS (
    SELECT e.account_id, e.marketplace_id, e.day, o.order_id, o.currency, e.reporting_currency,
           sum(o.ordered) AS ordered
    FROM edges AS e
    CROSS JOIN LATERAL (
        SELECT o.order_id, o.currency, o.ordered FROM sellerops_marts.order_money AS o
        WHERE o.account_id = e.account_id AND o.marketplace_id = e.marketplace_id AND o.day = e.day
          AND o.state <> 'cancelled'
        OFFSET 0  -- Day by day: a scan of the whole table looks cheaper than it is.
    ) AS o
    GROUP BY e.account_id, e.marketplace_id, e.day, o.order_id, o.currency, e.reporting_currency
),
placed AS (
    SELECT o.*, (p.purchase_date AT TIME ZONE 'UTC')::date AS utc_day
    FROM orders AS o
    CROSS JOIN LATERAL (
        SELECT a.purchase_date FROM amazon_sp.all_orders AS a
        WHERE a.account_id = o.account_id AND a.amazon_order_id = o.order_id AND a.purchase_date IS NOT NULL
        LIMIT 1
    ) AS p
)
SELECT p.account_id, p.marketplace_id,
       coalesce(sum(p.ordered * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END)
           FILTER (WHERE p.utc_day BETWEEN %(start)s AND %(end)s), 0)
       - coalesce(sum(p.ordered * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END)
           FILTER (WHERE p.day BETWEEN %(start)s AND %(end)s), 0) AS amount,
       count(*) FILTER (WHERE (p.utc_day BETWEEN %(start)s AND %(end)s)
                        <> (p.day BETWEEN %(start)s AND %(end)s)) AS orders
FROM placed AS p
LEFT JOIN sellerops_reference.fx_rate AS x
    ON x.day = p.day AND x.from_currency = p.currency AND x.to_currency = p.reporting_currency
GROUP BY p.account_id, p.marketplace_id
