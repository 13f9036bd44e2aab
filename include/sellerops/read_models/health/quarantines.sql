SELECT q.id, q.report, q.source, q.table_name, q.account_id, coalesce(m.code, q.place) AS marketplace,
       q.first_day, q.last_day, q.reason, q.figures, q.reported_at, q.created_at, q.asked_run_id,
       q.slice ->> 'label' AS label
FROM sellerops.quarantine AS q
LEFT JOIN sellerops.marketplace AS m ON m.id = q.place
WHERE q.state = 'OPEN'
  AND (%(accounts)s::text[] IS NULL OR q.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR m.id IS NULL OR q.place = ANY (%(marketplaces)s))
ORDER BY q.created_at, q.id
