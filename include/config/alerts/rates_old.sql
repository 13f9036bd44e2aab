-- title: Exchange rates are old
-- description: The newest exchange rates to the reporting currency are older than weekends and holidays explain; after 30 days there are none.
-- remedy: "Let Airflow reach the European Central Bank (task refresh_exchange_rates of sellerops__maintenance), or import rates: `sellerops reference import fx_given FILE`."
-- severity: warning
-- inputs: [sellerops_reference.fx_rate, sellerops_reference.account_setting]
-- thresholds:
--   days: Age of a rate above which it is old.
WITH newest AS (
    SELECT DISTINCT ON (f.from_currency) f.from_currency, s.reporting_currency,
           %(today)s::date - f.day + f.age_days AS age
    FROM sellerops_reference.fx_rate AS f
    JOIN sellerops_reference.account_setting AS s
      ON s.account_id = %(account_id)s AND s.reporting_currency = f.to_currency
    WHERE f.day <= %(today)s AND f.from_currency <> f.to_currency
    ORDER BY f.from_currency, f.day DESC
)
SELECT %(account_id)s::text AS account_id, '' AS marketplace_id, min(reporting_currency) AS subject,
       format('rates of %%s to %%s are up to %%s days old', string_agg(from_currency, ', ' ORDER BY from_currency),
              min(reporting_currency), max(age)) AS summary,
       NULL::numeric AS money_per_day, '' AS currency,
       jsonb_object_agg(from_currency, age) AS evidence
FROM newest
WHERE age > %(days)s
HAVING count(*) > 0
