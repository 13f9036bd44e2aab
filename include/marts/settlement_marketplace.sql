-- description: "Marketplaces that the lines of a settlement name, by posting day. Tells where lines belong that name none."
-- group: money
-- grain: [account_id, day, settlement_id, marketplace_id]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.settlements: {day: posted_date}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Posting day as the settlement's file has it."}
--   settlement_id: {type: text, description: "Amazon's id of the settlement."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   lines: {type: integer, unit: lines, description: "Lines of the day that name it."}
SELECT s.account_id,
       s.posted_date AS day,
       s.settlement_id,
       s.marketplace_id,
       COUNT(*) AS lines
FROM {{ source('amazon_sp.settlements') }} AS s
WHERE s.amount IS NOT NULL AND s.marketplace_id <> ''
GROUP BY s.account_id, s.posted_date, s.settlement_id, s.marketplace_id
