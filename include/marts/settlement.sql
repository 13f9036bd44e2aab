-- description: "One row per settlement: its total, and the sums of its lines, which must equal it."
-- group: money
-- grain: [account_id, settlement_id]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.settlements: {moment: settlement_end_date}
--   settlement_day: {day: day, before: 62, after: 2}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Day in UTC on which its period ends."}
--   settlement_id: {type: text, description: "Amazon's id of the settlement."}
--   starts_at: {type: timestamp, description: "Beginning of its period."}
--   ends_at: {type: timestamp, description: "End of its period."}
--   deposit_at: {type: timestamp, description: "When Amazon pays it out."}
--   currency: {type: text, description: "Currency of all amounts."}
--   total: {type: decimal, unit: currency, description: "What Amazon pays; negative: what it charges or carries over."}
--   lines_total: {type: decimal, unit: currency, description: "Sum of its lines."}
--   difference: {type: decimal, unit: currency, description: "total - lines_total: 0.00, or lines are missing."}
--   cm1: {type: decimal, unit: currency, description: "Lines of level CM1: sales, refunds, promotions, selling and fulfilment fees; without your own costs."}
--   cm2_only: {type: decimal, unit: currency, description: "Lines of level CM2: advertising, storage, inbound, removals, reimbursements."}
--   overhead: {type: decimal, unit: currency, description: "Lines of level OVERHEAD."}
--   tax: {type: decimal, unit: currency, description: "Lines of level TAX."}
--   balance: {type: decimal, unit: currency, description: "Lines of level BALANCE: reserves, debts, transfers."}
--   reserve: {type: decimal, unit: currency, description: "The part of balance that Amazon holds back until the next settlement, negative."}
--   unmapped: {type: decimal, unit: currency, description: "Lines that no rule names."}
--   lines: {type: integer, unit: lines, description: "Number of lines."}
--   unmapped_lines: {type: integer, unit: lines, description: "Lines that no rule names."}
--   status: {type: text, description: "complete or incomplete."}
--   missing: {type: text, description: "What is missing: lines (they do not add up to the total), unmapped; empty: nothing."}
-- tests:
--   differences_are_told:
--     description: A settlement whose lines do not add up to its total is incomplete.
--     sql: "SELECT s.settlement_id, s.difference FROM {{ this }} AS s WHERE s.difference <> 0 AND s.status <> 'incomplete'"
WITH headers AS (
    SELECT h.account_id,
           h.settlement_id,
           MIN(h.settlement_start_date) AS starts_at,
           MAX(h.settlement_end_date) AS ends_at,
           MAX(h.deposit_date) AS deposit_at,
           MAX(h.currency) AS currency,
           MAX(h.total_amount) AS total
    FROM {{ source('amazon_sp.settlements') }} AS h
    WHERE h.total_amount IS NOT NULL AND h.amount IS NULL
    GROUP BY h.account_id, h.settlement_id
),
sums AS (
    SELECT h.account_id,
           h.settlement_id,
           SUM(d.amount) AS lines_total,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'CM1'), 0) AS cm1,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'CM2'), 0) AS cm2_only,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'OVERHEAD'), 0) AS overhead,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'TAX'), 0) AS tax,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'BALANCE'), 0) AS balance,
           COALESCE(SUM(d.reserve), 0) AS reserve,
           COALESCE(SUM(d.amount) FILTER (WHERE d.level = 'UNMAPPED'), 0) AS unmapped,
           SUM(d.lines) AS lines,
           COALESCE(SUM(d.lines) FILTER (WHERE d.level = 'UNMAPPED'), 0) AS unmapped_lines
    FROM headers AS h
    INNER JOIN {{ ref('settlement_day') }} AS d
        ON d.account_id = h.account_id
        AND d.settlement_id = h.settlement_id
        AND d.day BETWEEN CAST(h.ends_at AS DATE) - INTERVAL '62' DAY AND CAST(h.ends_at AS DATE) + INTERVAL '2' DAY
    GROUP BY h.account_id, h.settlement_id
)
SELECT h.account_id,
       CAST(h.ends_at AS DATE) AS day,
       h.settlement_id,
       h.starts_at,
       h.ends_at,
       h.deposit_at,
       h.currency,
       h.total,
       COALESCE(s.lines_total, 0) AS lines_total,
       h.total - COALESCE(s.lines_total, 0) AS difference,
       COALESCE(s.cm1, 0) AS cm1,
       COALESCE(s.cm2_only, 0) AS cm2_only,
       COALESCE(s.overhead, 0) AS overhead,
       COALESCE(s.tax, 0) AS tax,
       COALESCE(s.balance, 0) AS balance,
       COALESCE(s.reserve, 0) AS reserve,
       COALESCE(s.unmapped, 0) AS unmapped,
       COALESCE(s.lines, 0) AS lines,
       COALESCE(s.unmapped_lines, 0) AS unmapped_lines,
       CASE WHEN h.total <> COALESCE(s.lines_total, 0) OR s.unmapped_lines > 0 THEN 'incomplete' ELSE 'complete' END AS status,
       REPLACE(TRIM(CASE WHEN h.total <> COALESCE(s.lines_total, 0) THEN 'lines ' ELSE '' END
                    || CASE WHEN s.unmapped_lines > 0 THEN 'unmapped' ELSE '' END), ' ', ', ') AS missing
FROM headers AS h
LEFT JOIN sums AS s ON s.account_id = h.account_id AND s.settlement_id = h.settlement_id
