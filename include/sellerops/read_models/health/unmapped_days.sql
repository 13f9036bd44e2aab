SELECT day, sum(unmapped)::bigint AS unmapped, sum(new)::bigint AS new
FROM sellerops_marts.unmapped_day
WHERE day BETWEEN %(start)s AND %(end)s
  AND (%(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s))
GROUP BY day
ORDER BY day
