-- title: Stock is stranded
-- description: Units at Amazon cannot be sold because their listing is missing or inactive; storage is charged all the same.
-- remedy: Relist, or create a removal order, before the date of automatic removal.
-- severity: warning
-- inputs: [amazon_sp.stranded_inventory, amazon_sp.listings_all]
-- thresholds:
--   days: A list older than this says nothing about today.
--   least_units: Fewer units are left out.
WITH lists AS (
    SELECT account_id, marketplace_id, max(snapshot_at) AS snapshot_at FROM amazon_sp.stranded_inventory
    WHERE account_id = %(account_id)s GROUP BY 1, 2
),
listings AS (
    SELECT account_id, marketplace_id, max(snapshot_at) AS snapshot_at FROM amazon_sp.listings_all
    WHERE account_id = %(account_id)s GROUP BY 1, 2
)
SELECT account_id, marketplace_id, sku AS subject,
       format('%%s units: %%s', sum(s.fulfillable_qty), coalesce(max(s.stranded_reason), max(s.error_message), 'no reason given'))
           AS summary,
       max(e.money_per_day) AS money_per_day, max(e.currency) AS currency,
       jsonb_build_object('units', sum(s.fulfillable_qty), 'since', min(s.date_stranded),
                          'removed_on', min(s.date_to_take_auto_removal), 'action', max(s.primary_action)) AS evidence
FROM amazon_sp.stranded_inventory AS s
JOIN lists AS n USING (account_id, marketplace_id, snapshot_at)
LEFT JOIN listings AS l USING (account_id, marketplace_id)
LEFT JOIN earning AS e USING (marketplace_id, sku)
WHERE s.snapshot_at >= %(today)s::date - %(days)s
  AND s.snapshot_at >= coalesce(l.snapshot_at, s.snapshot_at) - interval '1 day'
GROUP BY account_id, marketplace_id, sku
HAVING sum(s.fulfillable_qty) >= %(least_units)s
