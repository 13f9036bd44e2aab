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
SELECT series.report, r.family, series.account_id, coalesce(m.code, nullif(series.marketplace_id, ''), 'all') AS marketplace,
       loaded.day AS last_day, l.reported_at AS as_of, loaded.updated_at AS loaded_at,
       (sellerops.now() AT TIME ZONE coalesce(m.time_zone, 'UTC'))::date - loaded.day AS days_behind,
       newest.day AS newest_day, newest.state AS newest_state, newest.error AS reason
FROM series
CROSS JOIN LATERAL (
    SELECT s.day, s.state, s.error FROM sellerops.slice_state AS s
    WHERE s.report = series.report AND s.account_id = series.account_id
      AND s.marketplace_id = series.marketplace_id
    ORDER BY s.day DESC, s.snapshot_at DESC LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT s.day, s.updated_at, s.load_id FROM sellerops.slice_state AS s
    WHERE s.report = series.report AND s.account_id = series.account_id
      AND s.marketplace_id = series.marketplace_id AND s.state IN ('LOADED', 'CONFIRMED_EMPTY')
    ORDER BY s.day DESC, s.snapshot_at DESC LIMIT 1
) AS loaded ON true
LEFT JOIN sellerops.load AS l ON l.id = loaded.load_id
LEFT JOIN sellerops.report AS r ON r.name = series.report
LEFT JOIN sellerops.marketplace AS m ON m.id = series.marketplace_id
WHERE (%(accounts)s::text[] IS NULL OR series.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR series.marketplace_id = '' OR series.marketplace_id = ANY (%(marketplaces)s))
ORDER BY days_behind DESC NULLS FIRST, series.report, series.account_id, marketplace
