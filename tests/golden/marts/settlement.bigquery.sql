WITH headers AS (
  SELECT
    h.account_id,
    h.settlement_id,
    MIN(h.settlement_start_date) AS starts_at,
    MAX(h.settlement_end_date) AS ends_at,
    MAX(h.deposit_date) AS deposit_at,
    MAX(h.currency) AS currency,
    MAX(h.total_amount) AS total
  FROM __source__amazon_sp__dot__settlements__ AS h
  WHERE
    h.total_amount IS NOT NULL AND h.amount IS NULL
  GROUP BY
    h.account_id,
    h.settlement_id
), sums AS (
  SELECT
    h.account_id,
    h.settlement_id,
    SUM(d.amount) AS lines_total,
    COALESCE(SUM(IF(d.level = 'CM1', d.amount, NULL)), 0) AS cm1,
    COALESCE(SUM(IF(d.level = 'CM2', d.amount, NULL)), 0) AS cm2_only,
    COALESCE(SUM(IF(d.level = 'OVERHEAD', d.amount, NULL)), 0) AS overhead,
    COALESCE(SUM(IF(d.level = 'TAX', d.amount, NULL)), 0) AS tax,
    COALESCE(SUM(IF(d.level = 'BALANCE', d.amount, NULL)), 0) AS balance,
    COALESCE(SUM(d.reserve), 0) AS reserve,
    COALESCE(SUM(IF(d.level = 'UNMAPPED', d.amount, NULL)), 0) AS unmapped,
    SUM(d.lines) AS lines,
    COALESCE(SUM(IF(d.level = 'UNMAPPED', d.lines, NULL)), 0) AS unmapped_lines
  FROM headers AS h
  INNER JOIN __ref__settlement_day__ AS d
    ON d.account_id = h.account_id
    AND d.settlement_id = h.settlement_id
    AND d.day BETWEEN CAST(h.ends_at AS DATE) - INTERVAL '62' DAY AND CAST(h.ends_at AS DATE) + INTERVAL '2' DAY
  GROUP BY
    h.account_id,
    h.settlement_id
)
SELECT
  h.account_id,
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
  CASE
    WHEN h.total <> COALESCE(s.lines_total, 0) OR s.unmapped_lines > 0
    THEN 'incomplete'
    ELSE 'complete'
  END AS status,
  REPLACE(
    TRIM(
      CASE WHEN h.total <> COALESCE(s.lines_total, 0) THEN 'lines ' ELSE '' END || CASE WHEN s.unmapped_lines > 0 THEN 'unmapped' ELSE '' END,
      ' '
    ),
    ' ',
    ', '
  ) AS missing
FROM headers AS h
LEFT JOIN sums AS s
  ON s.account_id = h.account_id AND s.settlement_id = h.settlement_id
