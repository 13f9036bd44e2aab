-- description: The components of each fee of economics add up to the fee, to the cent.
-- inputs: [amazon_sp.economics_fees, amazon_sp.economics_fee_components]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 35d
-- severity: partial_failure
WITH parts AS (
    SELECT account_id, marketplace_id, date AS day, msku, fee_type_name, fee_start_date, sum(total_amount) AS total
    FROM amazon_sp.economics_fee_components WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT p.account_id, p.marketplace_id, p.day, p.fee_type_name AS subject, sum(p.total) AS left_value,
       sum(f.total_amount) AS right_value, sum(abs(p.total - coalesce(f.total_amount, 0))) AS difference,
       jsonb_build_object(
           'fees', count(*), 'off', (array_agg(p.msku ORDER BY p.msku) FILTER (WHERE p.total IS DISTINCT FROM f.total_amount))[1:5]
       ) AS evidence
FROM parts AS p
LEFT JOIN amazon_sp.economics_fees AS f
       ON (f.account_id, f.marketplace_id, f.date, f.msku, f.fee_type_name, f.fee_start_date)
        = (p.account_id, p.marketplace_id, p.day, p.msku, p.fee_type_name, p.fee_start_date)
GROUP BY p.account_id, p.marketplace_id, p.day, p.fee_type_name
