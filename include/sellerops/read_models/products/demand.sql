-- Units sold by stock pool, for which forecasts are made; null: not known of one of its marketplaces.
SELECT coalesce(p.stock_pool, d.marketplace_id) AS stock_pool, d.day,
       CASE WHEN count(*) = count(d.units) THEN sum(d.units) END AS units
FROM sellerops_marts.demand_day AS d
LEFT JOIN sellerops_reference.stock_pool AS p ON p.marketplace_id = d.marketplace_id
WHERE d.account_id = %(account)s AND d.marketplace_id = ANY (%(marketplaces)s) AND d.day = ANY (%(days)s::date[])
  AND d.sku = %(sku)s
GROUP BY 1, 2
ORDER BY 1, 2
