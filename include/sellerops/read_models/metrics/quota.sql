WITH bucket AS (
    SELECT account_id, operation,
           max(sellerops.quota_missing(b, sellerops.now()) / b.burst) AS used
    FROM sellerops.quota_bucket AS b
    GROUP BY account_id, operation
)
SELECT bucket.account_id AS account, bucket.operation, bucket.used, hour.calls, hour.refused, hour.failed
FROM bucket
CROSS JOIN LATERAL (
    SELECT count(*) AS calls,
           count(*) FILTER (WHERE call.status = 429) AS refused,
           count(*) FILTER (WHERE call.status >= 400 AND call.status <> 429 OR call.status IS NULL) AS failed
    FROM sellerops.api_call AS call
    WHERE call.account_id = bucket.account_id AND call.operation = bucket.operation
      AND call.called_at > sellerops.now() - interval '1 hour'
) AS hour
ORDER BY 1, 2
