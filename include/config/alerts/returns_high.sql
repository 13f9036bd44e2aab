-- title: Many returns
-- description: The return rate of units shipped in one of the last months is high.
-- remedy: Read the reasons in mart returns_day and the customers' comments; compare the listing with the product.
-- severity: warning
-- inputs: [return_rate_month]
-- thresholds:
--   months: How many of the last months count.
--   least_units: Fewer shipped units say nothing.
--   rate: Share of returned units, 0 to 1, above which it is high.
SELECT DISTINCT ON (r.account_id, r.marketplace_id, r.sku)
       r.account_id, r.marketplace_id, r.sku AS subject,
       format('%%s of %%s units shipped in %%s came back (%%s %%%%)', r.units_returned, r.units_shipped,
              to_char(r.month, 'YYYY-MM'), round(100 * r.return_rate, 1)) AS summary,
       NULL::numeric AS money_per_day, '' AS currency,
       jsonb_build_object('month', r.month, 'shipped', r.units_shipped, 'returned', r.units_returned,
                          'unsellable', r.units_returned_unsellable) AS evidence
FROM sellerops_marts.return_rate_month AS r
WHERE r.account_id = %(account_id)s AND r.month >= date_trunc('month', %(today)s::date) - make_interval(months => %(months)s)
  AND r.units_shipped >= %(least_units)s AND r.return_rate > %(rate)s
ORDER BY r.account_id, r.marketplace_id, r.sku, r.return_rate DESC
