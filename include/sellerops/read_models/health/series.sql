-- One step of the primary key per series, and one range of it for its days: the cost does not depend on how long
-- the history is.
WITH RECURSIVE series (report, account_id, marketplace_id) AS (
    (SELECT report, account_id, marketplace_id FROM sellerops.slice_state
     WHERE %(report)s::text IS NULL OR report = %(report)s ORDER BY 1, 2, 3 LIMIT 1)
    UNION ALL
    SELECT following.* FROM series CROSS JOIN LATERAL (
        SELECT s.report, s.account_id, s.marketplace_id FROM sellerops.slice_state AS s
        WHERE (s.report, s.account_id, s.marketplace_id)
            > (series.report, series.account_id, series.marketplace_id)
          AND (%(report)s::text IS NULL OR s.report = %(report)s)
        ORDER BY 1, 2, 3 LIMIT 1
    ) AS following
)
SELECT series.report, series.account_id, series.marketplace_id, since.first_day,
       coalesce(known.offsets, '{}') AS offsets, coalesce(known.states, '{}') AS states
FROM series
CROSS JOIN LATERAL (
    SELECT min(s.day) AS first_day FROM sellerops.slice_state AS s
    WHERE s.report = series.report AND s.account_id = series.account_id
      AND s.marketplace_id = series.marketplace_id
) AS since
CROSS JOIN LATERAL (
    -- A day with several snapshots has the best state of them.
    SELECT array_agg(best.day - %(start)s ORDER BY best.day) AS offsets, array_agg(best.state ORDER BY best.day) AS states
    FROM (
        SELECT DISTINCT ON (s.day) s.day, s.state FROM sellerops.slice_state AS s
        WHERE s.report = series.report AND s.account_id = series.account_id
          AND s.marketplace_id = series.marketplace_id AND s.day BETWEEN %(start)s AND %(end)s
        ORDER BY s.day, array_position(%(best_first)s::text[], s.state)
    ) AS best
) AS known
WHERE (%(accounts)s::text[] IS NULL OR series.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR series.marketplace_id = ''
       OR series.marketplace_id = ANY (%(marketplaces)s))
ORDER BY series.report, series.account_id, series.marketplace_id
