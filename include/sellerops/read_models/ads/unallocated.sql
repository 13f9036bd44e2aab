-- Spend that no SKU is known for. The row without SKU of each marketplace and day is found by its whole key, because the
-- table of SKUs and days is large.
SELECT p.account_id, p.marketplace_id,
       coalesce(CASE WHEN %(in_reporting)s THEN p.reporting_currency ELSE p.currency END, '') AS currency,
       sum(-CASE WHEN %(in_reporting)s THEN s.ads_reporting ELSE s.ads END) AS unallocated,
       sum(-CASE WHEN %(in_reporting)s THEN p.ads_reporting ELSE p.ads END) AS spend
FROM sellerops_marts.profit_day AS p
LEFT JOIN LATERAL (
    SELECT ads, ads_reporting FROM sellerops_marts.profit_sku_day AS s
    WHERE s.account_id = p.account_id AND s.marketplace_id = p.marketplace_id AND s.day = p.day AND s.sku = ''
      AND s.currency = p.currency
) AS s ON true
WHERE p.day BETWEEN %(start)s AND %(end)s AND p.marketplace_id <> ''
  AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
