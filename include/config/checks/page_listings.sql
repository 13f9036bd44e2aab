-- description: Quantities on the page of listing reports against the API snapshot of the same hour.
-- inputs: [seller_portal.listings_all, amazon_sp.listings_all]
-- unit: units
-- tolerance: {absolute: 5, relative: 0.02}   # stock moves between the two snapshots
-- holds_after: 0d
-- look_back: 8d
-- severity: partial_failure
WITH snapshots AS (
    -- Each snapshot of the page, and the API's nearest one, if it is of the same hour.
    SELECT p.account_id, p.marketplace_id, p.snapshot_at AS page_at,
           (SELECT a.snapshot_at FROM amazon_sp.listings_all AS a
            WHERE a.account_id = p.account_id AND a.marketplace_id = p.marketplace_id
              AND a.snapshot_at BETWEEN p.snapshot_at - interval '60 minutes' AND p.snapshot_at + interval '60 minutes'
            ORDER BY abs(extract(epoch FROM a.snapshot_at - p.snapshot_at)) LIMIT 1) AS api_at
    FROM (SELECT DISTINCT account_id, marketplace_id, snapshot_at
          FROM seller_portal.listings_all
          WHERE snapshot_at >= %(first_day)s::date) AS p
)
SELECT s.account_id, s.marketplace_id, (s.page_at AT TIME ZONE 'UTC')::date AS day,
       to_char(s.page_at AT TIME ZONE 'UTC', 'HH24:MI') || ' ' || f.subject AS subject,
       sum(f.page_units) AS left_value,
       CASE WHEN count(a.seller_sku) > 0 THEN sum(coalesce(f.api_units, 0)) END AS right_value,
       jsonb_build_object(
           'api_snapshot', s.api_at,
           'skus_off', (array_agg(DISTINCT p.seller_sku) FILTER (WHERE f.page_units IS DISTINCT FROM f.api_units))[1:5]
       ) AS evidence
FROM snapshots AS s
JOIN seller_portal.listings_all AS p
  ON p.account_id = s.account_id AND p.snapshot_at = s.page_at AND p.marketplace_id = s.marketplace_id
LEFT JOIN amazon_sp.listings_all AS a
       ON a.account_id = p.account_id AND a.snapshot_at = s.api_at AND a.seller_sku = p.seller_sku
      AND a.marketplace_id = p.marketplace_id
CROSS JOIN LATERAL (VALUES
        ('quantity', p.quantity, a.quantity)
    ) AS f (subject, page_units, api_units)
GROUP BY s.account_id, s.marketplace_id, s.page_at, s.api_at, f.subject
