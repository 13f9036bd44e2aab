SELECT
  s.account_id,
  s.posted_date AS day,
  s.settlement_id,
  s.marketplace_id,
  COUNT(*) AS lines
FROM __source__amazon_sp__dot__settlements__ AS s
WHERE
  s.amount IS NOT NULL AND s.marketplace_id <> ''
GROUP BY
  s.account_id,
  s.posted_date,
  s.settlement_id,
  s.marketplace_id
