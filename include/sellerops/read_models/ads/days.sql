SELECT a.day, a.ad_product,
       coalesce(CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE a.currency END, '') AS currency,
       coalesce(sum(a.clicks), 0)::bigint AS clicks,
       CASE WHEN count(*) = count(x.rate) OR NOT %(in_reporting)s
            THEN round(sum(a.spend * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END), 6) END AS spend,
       CASE WHEN count(*) = count(x.rate) OR NOT %(in_reporting)s
            THEN round(sum(a.sales * CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END), 6) END AS sales,
       a.day + max(a.window_days)::int + 3 AS final_on,
       CASE WHEN bool_or(a.status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(a.status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
       coalesce(max(a.missing), '') AS missing
FROM sellerops_marts.ads_total_day AS a
LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = a.account_id
LEFT JOIN sellerops_reference.fx_rate AS x
    ON x.day = a.day AND x.from_currency = a.currency AND x.to_currency = g.reporting_currency
    AND x.day BETWEEN %(start)s AND %(end)s
WHERE a.day BETWEEN %(start)s AND %(end)s
  AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY (%(accounts)s))
  AND (%(marketplaces)s::text[] IS NULL OR a.marketplace_id = ANY (%(marketplaces)s))
GROUP BY a.day, a.ad_product, 3
ORDER BY a.day, a.ad_product, 3
