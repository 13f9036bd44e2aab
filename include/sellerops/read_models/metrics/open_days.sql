SELECT kind, account_id AS account, count(*) AS value
FROM sellerops.warning
WHERE ended_at IS NULL
GROUP BY 1, 2
ORDER BY 1, 2
