SELECT state, account_id AS account, count(*) AS value
FROM sellerops.slice_state
WHERE updated_at > sellerops.now() - interval '1 day'
GROUP BY 1, 2
ORDER BY 1, 2
