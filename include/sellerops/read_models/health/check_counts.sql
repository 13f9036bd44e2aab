SELECT c.check_name, count(*) FILTER (WHERE c.verdict = 'ok') AS ok,
       count(*) FILTER (WHERE c.verdict = 'off') AS off,
       count(*) FILTER (WHERE c.verdict = 'not_yet') AS not_yet,
       count(*) FILTER (WHERE c.verdict = 'too_young') AS too_young, max(c.checked_at) AS checked_at
FROM sellerops.check_result AS c
WHERE (c.day IS NULL OR c.day BETWEEN %(start)s AND %(end)s)
  AND (%(accounts)s::text[] IS NULL OR c.account_id = '' OR c.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR c.marketplace_id = '' OR c.marketplace_id = ANY (%(marketplaces)s))
GROUP BY c.check_name
ORDER BY count(*) FILTER (WHERE c.verdict = 'off') DESC, c.check_name
