-- A day that is collected again keeps its load meanwhile.
WITH loaded AS (
    SELECT account_id, (max(day) + 1)::timestamp AT TIME ZONE 'UTC' AS loaded_through
    FROM sellerops.slice_state
    WHERE report = 'all_orders' AND (state IN ('LOADED', 'CONFIRMED_EMPTY') OR load_id IS NOT NULL)
      AND (%(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s))
    GROUP BY account_id
)
SELECT l.account_id, m.id AS marketplace_id, l.loaded_through,
       (l.loaded_through AT TIME ZONE m.time_zone)::date AS open_from
FROM loaded AS l CROSS JOIN sellerops.marketplace AS m
WHERE %(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s)
