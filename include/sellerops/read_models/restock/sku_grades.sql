SELECT day.day::date AS day,
       f.graded_until AS forecast_until, f.observed_days, f.demand AS forecast_demand, f.forecast, f.p10, f.p90,
       f.is_in_band, f.absolute_error, f.seasonal_naive_absolute_error, f.is_final AS is_forecast_final,
       r.graded_until AS order_until, r.order_quantity, r.amazon_quantity, r.demand AS order_demand, r.position,
       r.short_units, r.over_units, r.amazon_short_units, r.amazon_over_units, r.stock_out_days,
       r.is_final AS is_order_final
FROM generate_series(%(start)s::date, %(end)s::date, interval '1 day') AS day (day)
LEFT JOIN sellerops_marts.forecast_grade AS f
  ON f.account_id = %(account_id)s AND f.marketplace_id = %(marketplace_id)s AND f.day = day.day::date
 AND f.sku = %(sku)s
LEFT JOIN sellerops_marts.restock_grade AS r
  ON r.account_id = %(account_id)s AND r.marketplace_id = %(marketplace_id)s AND r.day = day.day::date
 AND r.sku = %(sku)s
WHERE f.sku IS NOT NULL OR r.sku IS NOT NULL
ORDER BY day.day DESC
