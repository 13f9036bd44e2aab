WITH loads AS (
    SELECT l.account_id, r.source, l.recorded_at, l.stored, l.inserted + l.updated + l.replaced AS changed, l.rejected,
           max(l.recorded_at) OVER (PARTITION BY l.account_id, r.source) AS newest
    FROM sellerops.load AS l
    JOIN sellerops.report AS r ON r.name = l.report
    WHERE l.recorded_at > sellerops.now() - interval '30 days'
      AND l.destination = 'postgres'
)
SELECT account_id,
       source,
       max(recorded_at) AS synced_at,
       count(*) FILTER (WHERE recorded_at > newest - interval '1 day') AS loads,
       coalesce(sum(stored) FILTER (WHERE recorded_at > newest - interval '1 day'), 0)::bigint AS stored,
       coalesce(sum(changed) FILTER (WHERE recorded_at > newest - interval '1 day'), 0)::bigint AS changed,
       coalesce(sum(rejected) FILTER (WHERE recorded_at > newest - interval '1 day'), 0)::bigint AS rejected
FROM loads
GROUP BY account_id, source
ORDER BY account_id, source
