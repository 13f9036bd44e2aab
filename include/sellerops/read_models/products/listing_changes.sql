-- Each snapshot beside the one before it, which may be older than the scope.
WITH snapshots AS (
    SELECT l.marketplace_id, l.snapshot_at::date AS day, l.price, l.item_name AS title, l.status, l.fulfillment_channel AS channel,
           lag(l.price) OVER days AS price_before, lag(l.item_name) OVER days AS title_before,
           lag(l.status) OVER days AS status_before, lag(l.fulfillment_channel) OVER days AS channel_before
    FROM amazon_sp.listings_all AS l
    WHERE l.account_id = %(account)s AND l.marketplace_id = ANY (%(marketplaces)s) AND l.seller_sku = %(sku)s
    WINDOW days AS (PARTITION BY l.marketplace_id ORDER BY l.snapshot_at)
)
SELECT s.day, NULL::date AS until, s.marketplace_id, c.kind, c.before, c.after,
       CASE WHEN c.kind = 'price' THEN m.currency ELSE '' END AS detail
FROM snapshots AS s
JOIN sellerops.marketplace AS m ON m.id = s.marketplace_id
CROSS JOIN LATERAL (VALUES
    ('price', s.price_before::text, s.price::text), ('title', s.title_before, s.title),
    ('status', s.status_before, s.status), ('channel', s.channel_before, s.channel)) AS c (kind, before, after)
WHERE c.before <> c.after AND s.day BETWEEN %(start)s AND %(end)s::date + 1
ORDER BY s.day DESC, c.kind, s.marketplace_id
