-- Listings of the SKU, and marketplaces of the account with figures in the days of the scope.
WITH active AS (
    SELECT DISTINCT p.marketplace_id FROM sellerops_marts.profit_day AS p
    WHERE p.account_id = %(account)s AND p.marketplace_id <> '' AND p.day BETWEEN %(start)s AND %(end)s
),
listed AS (
    SELECT l.* FROM sellerops_marts.product_listing AS l WHERE l.account_id = %(account)s AND l.sku = %(sku)s
)
SELECT coalesce(l.marketplace_id, a.marketplace_id) AS marketplace_id, m.currency, l.listing_status, l.price,
       l.fulfilment_channel, l.size_tier, l.seen_at, s.available, s.inbound_open, s.next_expected_on, s.is_counted,
       s.stock_pool, s.day AS stock_day, l.sku IS NOT NULL AS is_listed
FROM active AS a
FULL JOIN listed AS l ON l.marketplace_id = a.marketplace_id
JOIN sellerops.marketplace AS m ON m.id = coalesce(l.marketplace_id, a.marketplace_id)
LEFT JOIN sellerops_marts.inventory_levels AS s
    ON s.account_id = %(account)s AND s.marketplace_id = m.id AND s.sku = %(sku)s
WHERE %(marketplaces)s::text[] IS NULL OR m.id = ANY (%(marketplaces)s)
ORDER BY m.code
