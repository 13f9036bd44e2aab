-- description: "What each settlement posted on a day, by marketplace and level. Inputs of the settlement's total."
-- group: money
-- grain: [account_id, day, settlement_id, marketplace_id, currency, level]
-- partition: [account_id, day]
-- inputs:
--   settlement_line: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: of the whole account."}
--   day: {type: date, description: "Posting day."}
--   settlement_id: {type: text, description: "Amazon's id of the settlement."}
--   currency: {type: text, description: "Currency of the amount."}
--   level: {type: text, description: "CM1, CM2, OVERHEAD, TAX, BALANCE or UNMAPPED."}
--   amount: {type: decimal, unit: currency, description: "Sum of the lines."}
--   reserve: {type: decimal, unit: currency, description: "The part of it that Amazon holds back as reserve, negative."}
--   lines: {type: integer, unit: lines, description: "Number of lines."}
SELECT l.account_id,
       l.marketplace_id,
       l.day,
       l.settlement_id,
       l.currency,
       l.level,
       SUM(l.amount) AS amount,
       COALESCE(SUM(l.amount) FILTER (WHERE l.pl_line = 'balance.reserve' AND l.amount < 0), 0) AS reserve,
       COUNT(*) AS lines
FROM {{ ref('settlement_line') }} AS l
GROUP BY l.account_id, l.marketplace_id, l.day, l.settlement_id, l.currency, l.level
