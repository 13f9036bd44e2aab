SELECT
  u.account_id,
  c.day,
  COUNT(*) AS unmapped,
  SUM(CASE WHEN u.known_since = c.day THEN 1 ELSE 0 END) AS `new`
FROM __ref__unmapped_product__ AS u
JOIN __source__reference__dot__calendar__ AS c
  ON c.day BETWEEN u.known_since AND u.last_seen
GROUP BY
  u.account_id,
  c.day
