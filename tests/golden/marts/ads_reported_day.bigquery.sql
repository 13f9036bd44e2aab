SELECT
  s.account_id,
  s.marketplace_id,
  s.day
FROM __ref__ads_day__ AS s
GROUP BY
  s.account_id,
  s.marketplace_id,
  s.day
