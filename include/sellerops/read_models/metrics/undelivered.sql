SELECT state, channel, count(*) AS value
FROM sellerops.delivery
WHERE state = 'WAITING' OR state = 'GIVEN_UP' AND created_at > sellerops.now() - interval '1 day'
GROUP BY 1, 2
ORDER BY 1, 2
