WITH amounts AS (
    SELECT p.day,
           CASE WHEN %(in_reporting)s THEN reporting_currency ELSE currency END AS currency,
           units,
           CASE WHEN %(in_reporting)s THEN product_sales_reporting ELSE product_sales END AS product_sales,
           CASE WHEN %(in_reporting)s THEN ads_reporting ELSE ads END AS ads,
           CASE WHEN %(in_reporting)s THEN cm1_reporting ELSE cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN cm2_reporting ELSE cm2 END AS cm2,
           CASE WHEN %(in_reporting)s THEN profit_reporting ELSE profit END AS profit,
           CASE WHEN p.day >= o.open_from THEN 'incomplete' ELSE status END AS status,
           concat_ws(', ', missing, CASE WHEN p.day >= o.open_from THEN 'orders' END) AS missing
    FROM sellerops_marts.profit_day AS p
    LEFT JOIN unnest(%(open_accounts)s::text[], %(open_marketplaces)s::text[], %(open_from)s::date[])
            AS o (account_id, marketplace_id, open_from)
        USING (account_id, marketplace_id)
    WHERE day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR marketplace_id = ANY (%(marketplaces)s))
)
SELECT day,
       coalesce(currency, '') AS currency,
       coalesce(sum(units), 0)::bigint AS units,
       CASE WHEN count(*) = count(product_sales) THEN sum(product_sales) END AS product_sales,
       CASE WHEN count(*) = count(ads) THEN sum(ads) END AS ads,
       CASE WHEN count(*) = count(cm1) THEN sum(cm1) END AS cm1,
       CASE WHEN count(*) = count(cm2) THEN sum(cm2) END AS cm2,
       CASE WHEN count(*) = count(profit) THEN sum(profit) END AS profit,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
       array(SELECT DISTINCT word FROM unnest(array_agg(missing)) AS line,
             unnest(string_to_array(line, ', ')) AS word WHERE word <> '' ORDER BY word) AS missing
FROM amounts
GROUP BY day, currency
ORDER BY day, currency
