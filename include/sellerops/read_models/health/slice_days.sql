SELECT s.day, s.state, s.error, s.remedy, s.dag_id, s.run_id, s.task_id, s.map_index, s.request_id, s.load_id,
       s.updated_at, s.snapshot_at, l.stored, l.rejected, l.reported_at
FROM sellerops.slice_state AS s
LEFT JOIN sellerops.load AS l ON l.id = s.load_id
WHERE s.report = %(report)s AND s.account_id = %(account_id)s AND s.marketplace_id = %(marketplace_id)s
  AND s.day BETWEEN %(start)s AND %(end)s
ORDER BY s.day, s.snapshot_at
