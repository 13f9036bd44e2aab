SELECT u.account_id, u.sku, u.asin, u.reason, u.known_since, u.last_seen, p.title
FROM sellerops_marts.unmapped_product AS u
LEFT JOIN sellerops_marts.product AS p USING (account_id, sku)
WHERE %(accounts)s::text[] IS NULL OR u.account_id = ANY (%(accounts)s)
ORDER BY u.last_seen DESC, u.account_id, u.sku
LIMIT 10000
