SELECT c.check_name, c.verdict, c.account_id, coalesce(m.code, c.marketplace_id) AS marketplace, c.day, c.subject,
       c.left_value AS "left", c.right_value AS "right", c.difference, c.tolerance, c.evidence, c.checked_at
FROM sellerops.check_result AS c
LEFT JOIN sellerops.marketplace AS m ON m.id = c.marketplace_id
WHERE (%(check)s::text IS NULL OR c.check_name = %(check)s)
  AND (%(verdict)s::text IS NULL OR c.verdict = %(verdict)s)
  AND (c.day IS NULL OR c.day BETWEEN %(start)s AND %(end)s)
  AND (%(accounts)s::text[] IS NULL OR c.account_id = '' OR c.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR c.marketplace_id = '' OR c.marketplace_id = ANY (%(marketplaces)s))
ORDER BY c.verdict = 'off' DESC, c.day DESC NULLS FIRST, c.check_name, c.account_id, c.marketplace_id, c.subject
LIMIT 10000
