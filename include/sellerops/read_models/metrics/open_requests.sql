SELECT status, account_id AS account, count(*) AS value,
       extract(epoch FROM sellerops.now() - min(created_at)) AS age
FROM sellerops.report_request
WHERE status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE')
  AND account_id = ANY(%(accounts)s)
GROUP BY 1, 2
ORDER BY 1, 2
