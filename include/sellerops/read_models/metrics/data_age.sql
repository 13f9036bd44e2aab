WITH RECURSIVE series (report, account_id, marketplace_id) AS (
    (SELECT report, account_id, marketplace_id FROM sellerops.slice_state ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT following.* FROM series CROSS JOIN LATERAL (
        SELECT s.report, s.account_id, s.marketplace_id FROM sellerops.slice_state AS s
        WHERE (s.report, s.account_id, s.marketplace_id)
            > (series.report, series.account_id, series.marketplace_id)
        ORDER BY 1, 2, 3 LIMIT 1
    ) AS following
)
SELECT series.account_id AS account, series.report,
       coalesce(m.code, nullif(series.marketplace_id, ''), 'all') AS marketplace,
       greatest(
           0,
           extract(epoch FROM sellerops.now() - (loaded.day + 1)::timestamp AT TIME ZONE coalesce(m.time_zone, 'UTC'))
       ) AS value
FROM series
CROSS JOIN LATERAL (
    SELECT s.day FROM sellerops.slice_state AS s
    WHERE s.report = series.report AND s.account_id = series.account_id
      AND s.marketplace_id = series.marketplace_id AND s.state IN ('LOADED', 'CONFIRMED_EMPTY')
    ORDER BY s.day DESC, s.snapshot_at DESC LIMIT 1
) AS loaded
LEFT JOIN sellerops.marketplace AS m ON m.id = series.marketplace_id
WHERE series.account_id = ANY(%(accounts)s) AND series.report = ANY(%(reports)s)
ORDER BY 1, 2, 3
