-- title: Payout below forecast
-- description: A payout was smaller than expected a week before.
-- remedy: "`sellerops marts show bridge_day` and the settlement's lines show what was held back or charged."
-- severity: warning
-- inputs: [payout_forecast]
-- thresholds:
--   days: Payouts of the last days count.
--   share: Shortfall as a share of the forecast, 0 to 1, above which it is reported.
--   least_amount: Smaller shortfalls, in the reporting currency, are left out.
SELECT DISTINCT ON (p.account_id, currency, p.period_starts_at)
       p.account_id, '' AS marketplace_id, format('%%s %%s', currency, p.pays_on) AS subject,
       format('%%s %%s paid, %%s expected on %%s', round(p.paid, 2), currency, round(p.forecast, 2), p.day) AS summary,
       (p.forecast - p.paid) / 14 AS money_per_day, currency,
       jsonb_build_object('paid', p.paid, 'forecast', p.forecast, 'deferred_later', p.deferred_later,
                          'of', p.day) AS evidence
FROM sellerops_marts.payout_forecast AS p
LEFT JOIN rate AS r USING (currency)
WHERE p.account_id = %(account_id)s AND p.paid IS NOT NULL
  AND p.pays_on BETWEEN %(today)s::date - %(days)s AND %(today)s::date
  AND p.day <= p.pays_on - 7
  AND (p.forecast - p.paid) * coalesce(r.rate, 1) >= %(least_amount)s AND p.forecast - p.paid > %(share)s * p.forecast
ORDER BY p.account_id, currency, p.period_starts_at, p.day DESC
