SELECT destination, account_id AS account, count(*) AS loads, sum(stored) AS stored, sum(rejected) AS rejected
FROM sellerops.load
WHERE recorded_at > sellerops.now() - interval '1 hour'
GROUP BY 1, 2
ORDER BY 1, 2
