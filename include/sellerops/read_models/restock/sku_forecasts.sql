SELECT f.day, f.class AS demand_class, f.model, f.horizon_days, f.lead_time_days, f.review_days,
       f.p10, f.p50, f.p80, f.p90, f.p95, f.daily_units, f.seasonal_naive, f.in_stock_mean, f.amazon_units,
       f.origins, f.wape, f.mase, f.poisson_floor, f.baseline_wape, f.coverage_80, f.bias, f.seasonality,
       f.history_days, f.masked_days, f.event_days, f.drift, f.data_quality, f.status,
       coalesce(string_to_array(nullif(f.missing, ''), ', '), '{}') AS missing
FROM generate_series(%(start)s::date, %(end)s::date, interval '1 day') AS day (day)
JOIN sellerops_marts.forecast AS f
  ON f.account_id = %(account_id)s AND f.marketplace_id = %(marketplace_id)s AND f.day = day.day::date
 AND f.sku = %(sku)s
ORDER BY f.day DESC
