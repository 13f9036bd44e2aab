SELECT b.account_id, b.application, b.operation, b.burst,
       greatest(b.burst - sellerops.quota_missing(b, sellerops.now()), 0) AS "left",
       60 / b.interval_s AS per_minute, b.learned_rate IS NOT NULL AS is_learned, b.granted, b.refused, b.refused_at,
       greatest(
           sellerops.now(),
           b.tat - make_interval(secs => (b.burst - 1) * b.interval_s),
           coalesce(b.hold_until, sellerops.now())
       ) AS free_at,
       greatest(b.tat, sellerops.now()) AS full_at,
       coalesce(used.calls, 0) AS calls_day, coalesce(used.refusals, 0) AS refusals_day
FROM sellerops.quota_bucket AS b
LEFT JOIN (
    SELECT account_id, operation, count(*) AS calls, count(*) FILTER (WHERE status = 429) AS refusals
    FROM sellerops.api_call WHERE called_at >= sellerops.now() - interval '1 day'
    GROUP BY account_id, operation
) AS used USING (account_id, operation)
WHERE %(accounts)s::text[] IS NULL OR b.account_id = ANY (%(accounts)s)
ORDER BY b.account_id, b.operation, b.application
