-- Rows of loads, so that a number is known even of rows whose text has been deleted.
SELECT l.id AS load_id, l.report, l.account_id, coalesce(m.code, nullif(l.marketplace_id, ''), 'all') AS marketplace,
       l.table_name, l.destination, l.rejected, l.rows_in_file, l.recorded_at, l.first_day, l.last_day,
       l.dag_id, l.run_id, l.task_id, l.map_index
FROM sellerops.load AS l
LEFT JOIN sellerops.marketplace AS m ON m.id = l.marketplace_id
WHERE l.rejected > 0
  AND l.recorded_at >= %(start)s::date AND l.recorded_at < %(end)s::date + 2
  AND (%(accounts)s::text[] IS NULL OR l.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR l.marketplace_id = '' OR l.marketplace_id = ANY (%(marketplaces)s))
ORDER BY l.recorded_at DESC, l.id DESC
LIMIT 10000
