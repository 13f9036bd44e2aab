SELECT event, count(*) AS value
FROM sellerops.fault
WHERE closed_at IS NULL
GROUP BY 1
ORDER BY 1
