-- description: How many SKUs of each day are unmapped, by what the product mapping says now.
-- group: reference
-- grain: [account_id, day]
-- partition: [account_id]
-- inputs:
--   unmapped_product: {}
--   reference.calendar: {day: day, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Day, from the first to the last on which an unmapped SKU was reported."}
--   unmapped: {type: integer, unit: SKUs, description: "Unmapped SKUs known on that day and still reported."}
--   new: {type: integer, unit: SKUs, description: "Those that were reported for the first time."}
SELECT u.account_id, c.day, COUNT(*) AS unmapped, SUM(CASE WHEN u.known_since = c.day THEN 1 ELSE 0 END) AS new
FROM {{ ref('unmapped_product') }} AS u
JOIN {{ source('reference.calendar') }} AS c ON c.day BETWEEN u.known_since AND u.last_seen
GROUP BY u.account_id, c.day
