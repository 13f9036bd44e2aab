SELECT account_id AS account, report, count(DISTINCT (place, first_day, last_day, reported_at)) AS value
FROM sellerops.quarantine
WHERE state = 'OPEN'
GROUP BY 1, 2
ORDER BY 1, 2
