-- description: Units that economics says were fulfilled for nothing. Once its base fee was minus the surcharges, and the fee zero.
-- inputs: [amazon_sp.economics_fees]
-- unit: units
-- tolerance: {absolute: 2, relative: 0.01}   # Amazon moves money between SKUs; single rows of zero do no harm
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
SELECT account_id, marketplace_id, date AS day,
       coalesce(sum(quantity) FILTER (WHERE total_amount <= 0 AND quantity > 0), 0) AS left_value, 0 AS right_value,
       jsonb_build_object(
           'units', sum(quantity), 'total', sum(total_amount), 'loads', array_agg(DISTINCT load_id),
           'skus', (array_agg(msku ORDER BY msku) FILTER (WHERE total_amount <= 0 AND quantity > 0))[1:5]
       ) AS evidence
FROM amazon_sp.economics_fees
WHERE date BETWEEN %(first_day)s AND %(last_day)s
  AND fee_type_name IN ('FbaFulfilmentFee', 'FbaFulfillmentFee', 'FBA fulfillment fees') AND msku NOT LIKE 'amzn.%%'
GROUP BY account_id, marketplace_id, date
