SELECT min(e.evaluated_at) AS evaluated_at,
       coalesce(array_agg(DISTINCT e.name ORDER BY e.name) FILTER (WHERE e.found IS NULL), '{}') AS failed
FROM sellerops.alert_evaluation AS e
WHERE (%(names)s::text[] IS NULL OR e.name = ANY (%(names)s)) AND e.name <> ALL (%(other_names)s::text[])
  AND (%(accounts)s::text[] IS NULL OR e.account_id = ANY (%(accounts)s))
