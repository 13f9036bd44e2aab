SELECT day.day::date AS day,
       sum(d.units)::bigint AS units,
       max(d.available) AS available,  -- Each marketplace of a stock pool reports the whole pool.
       bool_or(d.is_masked) AS is_masked,
       array_remove(array_agg(DISTINCT d.mask_reason), '') AS mask_reasons,
       array_remove(array_agg(DISTINCT d.events), '') AS events,
       CASE WHEN bool_or(d.status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(d.status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status
FROM generate_series(%(start)s::date, %(end)s::date, interval '1 day') AS day (day)
CROSS JOIN unnest(%(places)s::text[]) AS place (id)
JOIN sellerops_marts.demand_day AS d
  ON d.account_id = %(account_id)s AND d.marketplace_id = place.id AND d.day = day.day::date AND d.sku = %(sku)s
GROUP BY day.day
ORDER BY day.day
