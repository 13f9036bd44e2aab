-- description: >-
--   Days of which any advertising is reported. What waits for a report reads these days, which change less often than
--   the spend.
-- group: daily
-- grain: [account_id, marketplace_id, day]
-- inputs:
--   ads_day: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day of the advertising account."}
SELECT s.account_id, s.marketplace_id, s.day
FROM {{ ref('ads_day') }} AS s
GROUP BY s.account_id, s.marketplace_id, s.day
