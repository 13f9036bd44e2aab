SELECT
  l.account_id,
  l.marketplace_id,
  l.day,
  l.settlement_id,
  l.currency,
  l.level,
  SUM(l.amount) AS amount,
  COALESCE(SUM(IF(l.pl_line = 'balance.reserve' AND l.amount < 0, l.amount, NULL)), 0) AS reserve,
  COUNT(*) AS lines
FROM __ref__settlement_line__ AS l
GROUP BY
  l.account_id,
  l.marketplace_id,
  l.day,
  l.settlement_id,
  l.currency,
  l.level
