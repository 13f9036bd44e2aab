SELECT c.id, c.report, c.table_name, c.column_name, c.kind, c.seen_at, c.load_id, l.account_id,
       coalesce(m.code, nullif(l.marketplace_id, ''), 'all') AS marketplace, l.dag_id, l.run_id
FROM sellerops.schema_change AS c
LEFT JOIN sellerops.load AS l ON l.id = c.load_id
LEFT JOIN sellerops.marketplace AS m ON m.id = l.marketplace_id
WHERE c.seen_at >= %(start)s::date AND c.seen_at < %(end)s::date + 2
  AND (%(accounts)s::text[] IS NULL OR l.account_id = ANY (%(accounts)s))
  AND (%(q)s::text IS NULL OR strpos(lower(c.report || ' ' || c.table_name || ' ' || c.column_name), %(q)s) > 0)
ORDER BY c.seen_at DESC, c.id DESC
LIMIT 10000
