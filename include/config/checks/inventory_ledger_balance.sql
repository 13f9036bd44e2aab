-- description: In the inventory ledger, starting balance and all movements of a day add up to the ending balance.
-- inputs: [amazon_sp.inventory_ledger_summary]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 35d
-- severity: partial_failure
WITH lines AS (
    SELECT i.*,
           coalesce(i.starting_warehouse_balance, 0) + coalesce(i.receipts, 0) + coalesce(i.customer_shipments, 0)
           + coalesce(i.customer_returns, 0) + coalesce(i.vendor_returns, 0)
           + coalesce(i.warehouse_transfer_in_out, 0) + coalesce(i.found, 0) + coalesce(i.lost, 0)
           + coalesce(i.damaged, 0) + coalesce(i.disposed, 0) + coalesce(i.other_events, 0)
           + coalesce(i.unknown_events, 0) AS expected
    FROM amazon_sp.inventory_ledger_summary AS i
    WHERE i.date BETWEEN %(first_day)s AND %(last_day)s
)
SELECT l.account_id, '' AS marketplace_id, l.date AS day, l.location AS subject,
       sum(l.expected) AS left_value, sum(l.ending_warehouse_balance) AS right_value,
       -- Two lines that are off by one in opposite directions are off by two in total.
       sum(abs(l.expected - l.ending_warehouse_balance)) AS difference,
       jsonb_build_object(
           'lines', count(*),
           'loads', array_agg(DISTINCT l.load_id),
           'lines_off', (array_agg(DISTINCT l.msku || ' ' || l.disposition)
                         FILTER (WHERE l.expected IS DISTINCT FROM l.ending_warehouse_balance))[1:5]
       ) AS evidence
FROM lines AS l
GROUP BY l.account_id, l.date, l.location
