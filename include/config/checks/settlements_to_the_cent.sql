-- description: The lines of each settlement add up to its total, to the cent.
-- inputs: [amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 100d
-- severity: critical_failure
SELECT s.account_id, '' AS marketplace_id, max(s.settlement_end_date AT TIME ZONE 'UTC')::date AS day,
       s.settlement_id AS subject, sum(s.amount) AS left_value, max(s.total_amount) AS right_value,
       jsonb_build_object(
           'lines', count(*), 'currency', max(s.currency), 'loads', array_agg(DISTINCT s.load_id)
       ) AS evidence
FROM amazon_sp.settlements AS s
GROUP BY s.account_id, s.settlement_id
HAVING max(s.settlement_end_date AT TIME ZONE 'UTC')::date BETWEEN %(first_day)s AND %(last_day)s
