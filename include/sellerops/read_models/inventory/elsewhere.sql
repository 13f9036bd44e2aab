WITH found AS (
    SELECT e.account_id, e.sku, product.title, e.kind, e.reference, e.valid_from,
           nullif(e.valid_to, '9999-12-31') AS valid_to, e.quantity, e.expected_date, e.supplier, e.note,
           %(today)s::date BETWEEN e.valid_from AND e.valid_to AS is_valid
    FROM sellerops_reference.stock_elsewhere AS e
    LEFT JOIN sellerops_marts.product AS product ON product.account_id = e.account_id AND product.sku = e.sku
    WHERE (%(accounts)s::text[] IS NULL OR e.account_id = ANY (%(accounts)s))
      AND (%(kind)s::text IS NULL OR e.kind = %(kind)s)
      AND (%(sku)s::text IS NULL OR e.sku = %(sku)s)
      AND (%(with_past)s OR e.valid_to >= %(today)s::date)
      AND (%(search)s::text IS NULL OR e.sku ILIKE %(search)s OR e.reference ILIKE %(search)s
           OR product.title ILIKE %(search)s)
), page AS (
    SELECT * FROM found
    ORDER BY {order_by}, account_id, sku, kind, reference, valid_from
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*),
       '' AS account_id, '' AS sku, NULL::text AS title, '' AS kind, '' AS reference, NULL::date AS valid_from,
       NULL::date AS valid_to, (sum(quantity) FILTER (WHERE is_valid))::bigint AS quantity,
       min(expected_date) FILTER (WHERE is_valid) AS expected_date, NULL::text AS supplier, NULL::text AS note,
       true AS is_valid
FROM found
ORDER BY is_totals, {order_by}, account_id, sku, kind, reference, valid_from
