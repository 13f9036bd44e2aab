-- description: "The next payout of each currency as it could be expected at the end of a day, and what came."
-- group: money
-- grain: [account_id, day, currency]
-- partition: [account_id, day]
-- inputs:
--   transaction_line: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Day (UTC) after which the forecast was due."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   period_starts_at: {type: timestamp, description: "Beginning of the open period: the end of the last settlement."}
--   closes_on: {type: date, description: "Expected last day of the period: as long as the last one."}
--   pays_on: {type: date, description: "Expected day of the deposit."}
--   released: {type: decimal, unit: currency, description: "Released since the period began."}
--   deferred_due: {type: decimal, unit: currency, description: "Held back now, released before the period closes."}
--   deferred_later: {type: decimal, unit: currency, description: "Held back until after that; not part of the forecast."}
--   expected_sales: {type: decimal, unit: currency, description: "Further amounts of orders to be released before the period closes, at the average of the last 28 days."}
--   expected_fees: {type: decimal, unit: currency, description: "Further service fees before the period closes, at the average of the last 28 days."}
--   reserve: {type: decimal, unit: currency, description: "Reserve of the last settlement, paid with this one, less that to be expected again."}
--   forecast: {type: decimal, unit: currency, description: "Expected payout: the sum of released, deferred_due, expected_sales, expected_fees and reserve."}
--   paid: {type: decimal, unit: currency, description: "Total of the settlement that came; null: none yet."}
--   difference: {type: decimal, unit: currency, description: "paid - forecast."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: settlement; empty: nothing."}
SELECT x.account_id,
       x.day,
       x.currency,
       NULL AS period_starts_at,
       NULL AS closes_on,
       NULL AS pays_on,
       NULL AS released,
       NULL AS deferred_due,
       NULL AS deferred_later,
       NULL AS expected_sales,
       NULL AS expected_fees,
       NULL AS reserve,
       NULL AS forecast,
       NULL AS paid,
       NULL AS difference,
       NULL AS status,
       NULL AS missing
FROM {{ ref('transaction_line') }} AS x
WHERE 1 = 0
