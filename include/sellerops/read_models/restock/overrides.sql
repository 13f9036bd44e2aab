SELECT id, account_id, marketplace_id, sku, quantity, first_day, last_day, reason, author, created_at, ended_at,
       ended_by,
       ended_at IS NULL AND %(today)s::date BETWEEN first_day AND last_day AS is_in_force
FROM sellerops.restock_override
WHERE (%(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s))
  AND (%(marketplace_id)s::text IS NULL OR marketplace_id = %(marketplace_id)s)
  AND (%(sku)s::text IS NULL OR sku = %(sku)s)
  AND (%(with_ended)s OR (ended_at IS NULL AND last_day >= %(today)s::date))
ORDER BY id DESC
LIMIT 200
