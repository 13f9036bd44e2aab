-- title: Listing suppressed
-- description: Amazon hides a listing from search because something about it is wrong or missing.
-- remedy: Correct the listing as the issue says (Seller Central, Inventory, Fix listings).
-- severity: urgent
-- inputs: [amazon_sp.suppressed_listings, amazon_sp.listings_all]
-- thresholds:
--   days: A list older than this says nothing about today.
WITH lists AS (
    SELECT account_id, marketplace_id, max(snapshot_at) AS snapshot_at FROM amazon_sp.suppressed_listings
    WHERE account_id = %(account_id)s GROUP BY 1, 2
),
-- A marketplace without suppressed listings has no rows in its newest list: the list of all listings, collected on
-- the same days, tells how recent the last list with rows is.
listings AS (
    SELECT account_id, marketplace_id, max(snapshot_at) AS snapshot_at FROM amazon_sp.listings_all
    WHERE account_id = %(account_id)s GROUP BY 1, 2
)
SELECT account_id, marketplace_id, sku AS subject,
       string_agg(DISTINCT coalesce(nullif(s.issue_description, 'none'), s.reason), '; ') AS summary,
       max(e.money_per_day) AS money_per_day, max(e.currency) AS currency,
       jsonb_build_object('asin', max(s.asin), 'since', min(s.status_change_date), 'seen_at', max(s.snapshot_at))
           AS evidence
FROM amazon_sp.suppressed_listings AS s
JOIN lists AS n USING (account_id, marketplace_id, snapshot_at)
LEFT JOIN listings AS l USING (account_id, marketplace_id)
LEFT JOIN earning AS e USING (marketplace_id, sku)
WHERE s.snapshot_at >= %(today)s::date - %(days)s
  AND s.snapshot_at >= coalesce(l.snapshot_at, s.snapshot_at) - interval '1 day'
GROUP BY account_id, marketplace_id, sku
