-- A SKU that no report names has no row.
SELECT p.account_id, p.sku, p.asin, p.fnsku, p.own_id, p.title, p.brand, p.size_tier, p.product_group, p.is_resold,
       p.known_since, p.last_seen, p.status,
       CASE WHEN p.missing = '' THEN '{}' ELSE string_to_array(p.missing, ', ') END AS missing
FROM sellerops_marts.product AS p
WHERE p.account_id = %(account)s AND p.sku = %(sku)s
