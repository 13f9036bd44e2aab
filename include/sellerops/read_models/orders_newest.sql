-- The newest order is on the newest day of its marketplace. Keys are given in full, because these tables are large.
WITH newest AS (
    SELECT a.account_id, m.id AS marketplace_id, n.day
    FROM sellerops_reference.account_setting AS a
    CROSS JOIN sellerops.marketplace AS m
    CROSS JOIN LATERAL (
        SELECT o.day FROM sellerops_marts.order_money AS o
        WHERE o.account_id = a.account_id AND o.marketplace_id = m.id
        ORDER BY o.day DESC LIMIT 1
    ) AS n
    WHERE a.account_id <> ALL (%(known)s::text[])
      AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
),
loaded AS (
    SELECT n.account_id, date_trunc('hour', max(p.purchase_date), 'UTC') + interval '1 hour' AS loaded_through
    FROM newest AS n
    CROSS JOIN LATERAL (
        SELECT o.order_id FROM sellerops_marts.order_money AS o
        WHERE o.account_id = n.account_id AND o.marketplace_id = n.marketplace_id AND o.day = n.day
        OFFSET 0  -- By key: a scan of the whole table looks cheaper than it is.
    ) AS o
    CROSS JOIN LATERAL (
        SELECT a.purchase_date FROM amazon_sp.all_orders AS a
        WHERE a.account_id = n.account_id AND a.amazon_order_id = o.order_id AND a.purchase_date IS NOT NULL
        LIMIT 1
    ) AS p
    GROUP BY n.account_id
)
SELECT l.account_id, m.id AS marketplace_id, l.loaded_through,
       (l.loaded_through AT TIME ZONE m.time_zone)::date AS open_from
FROM loaded AS l CROSS JOIN sellerops.marketplace AS m
WHERE %(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s)
