WITH covers AS (
  /* The days of each settlement's period, so that a line meets the one or two settlements of its day only. */
  SELECT
    s.account_id,
    s.currency,
    c.day,
    s.day AS settled_on,
    s.starts_at,
    s.ends_at
  FROM __ref__settlement__ AS s
  INNER JOIN __source__reference__dot__calendar__ AS c
    ON c.day BETWEEN CAST(s.starts_at AS DATE) - INTERVAL '1' DAY AND CAST(s.ends_at AS DATE) + INTERVAL '1' DAY
    AND s.day BETWEEN c.day - INTERVAL '2' DAY AND c.day + INTERVAL '40' DAY
), lines AS (
  SELECT
    t.account_id,
    t.currency,
    t.day,
    t.amount,
    s.settled_on,
    CASE
      WHEN t.transaction_status IN ('DEFERRED', 'DEFERRED_RELEASED')
      THEN 'deferred'
      WHEN t.order_id <> '' AND NOT t.was_deferred
      THEN 'order'
      WHEN t.order_id = '' AND t.level <> 'BALANCE'
      THEN 'fee'
      ELSE 'other'
    END AS kind,
    CASE
      WHEN t.transaction_status = 'DEFERRED'
      THEN COALESCE(CAST(t.matures_at AS DATE), CAST('9999-12-31' AS DATE))
      ELSE CAST(t.matures_at AS DATE)
    END AS matures_on
  FROM __ref__transaction_line__ AS t
  LEFT JOIN covers AS s
    ON s.account_id = t.account_id
    AND s.currency = t.currency
    AND s.day = t.day
    AND s.starts_at <= t.posted_at
    AND s.ends_at > t.posted_at
  WHERE
    t.transaction_type <> 'Transfer' AND t.pl_line <> 'balance.reserve'
), flows AS (
  SELECT
    l.account_id,
    l.currency,
    l.day,
    l.kind,
    l.settled_on,
    l.matures_on,
    SUM(l.amount) AS amount,
    MIN(m.day_number) - MIN(d.day_number) AS held_days
  FROM lines AS l
  LEFT JOIN __source__reference__dot__calendar__ AS d
    ON d.day = l.day
  LEFT JOIN __source__reference__dot__calendar__ AS m
    ON m.day = l.matures_on
  GROUP BY
    l.account_id,
    l.currency,
    l.day,
    l.kind,
    l.settled_on,
    l.matures_on
), days AS (
  SELECT
    f.account_id,
    f.currency,
    f.day
  FROM flows AS f
  GROUP BY
    f.account_id,
    f.currency,
    f.day
), last_ends /* The last settlement that had ended on each day, and the one after it. */ AS (
  SELECT
    d.account_id,
    d.currency,
    d.day,
    MAX(s.day) AS ended_on
  FROM days AS d
  LEFT JOIN __ref__settlement__ AS s
    ON s.account_id = d.account_id
    AND s.currency = d.currency
    AND s.day BETWEEN d.day - INTERVAL '62' DAY AND d.day
  GROUP BY
    d.account_id,
    d.currency,
    d.day
), next_ends AS (
  SELECT
    d.account_id,
    d.currency,
    d.day,
    MIN(s.day) AS ends_on
  FROM days AS d
  INNER JOIN __ref__settlement__ AS s
    ON s.account_id = d.account_id
    AND s.currency = d.currency
    AND s.day BETWEEN d.day + INTERVAL '1' DAY AND d.day + INTERVAL '40' DAY
  GROUP BY
    d.account_id,
    d.currency,
    d.day
), settled AS (
  SELECT
    s.account_id,
    s.currency,
    s.day,
    MIN(s.ends_at) AS ends_at,
    MIN(CAST(s.starts_at AS DATE)) AS started_on,
    MAX(CAST(s.deposit_at AS DATE)) AS deposited_on,
    SUM(s.total) AS total,
    SUM(s.reserve) AS reserve
  FROM __ref__settlement__ AS s
  GROUP BY
    s.account_id,
    s.currency,
    s.day
), periods AS (
  SELECT
    e.account_id,
    e.currency,
    e.day,
    e.ended_on,
    s.ends_at,
    s.total AS last_total,
    s.reserve,
    ce.day_number * 2 - cs.day_number AS closes_number,
    ce.day_number * 2 - cs.day_number + cd.day_number - ce.day_number AS pays_number,
    cn.day_number AS day_number,
    n.total AS paid
  FROM last_ends AS e
  LEFT JOIN settled AS s
    ON s.account_id = e.account_id AND s.currency = e.currency AND s.day = e.ended_on
  LEFT JOIN __source__reference__dot__calendar__ AS cs
    ON cs.day = s.started_on
  LEFT JOIN __source__reference__dot__calendar__ AS ce
    ON ce.day = s.day
  LEFT JOIN __source__reference__dot__calendar__ AS cd
    ON cd.day = s.deposited_on
  LEFT JOIN __source__reference__dot__calendar__ AS cn
    ON cn.day = e.day
  LEFT JOIN next_ends AS x
    ON x.account_id = e.account_id AND x.currency = e.currency AND x.day = e.day
  LEFT JOIN settled AS n
    ON n.account_id = e.account_id AND n.currency = e.currency AND n.day = x.ends_on
), ahead AS (
  SELECT
    p.account_id,
    p.currency,
    p.day,
    p.ended_on,
    p.ends_at,
    p.last_total,
    p.reserve,
    p.paid,
    c.day AS closes_on,
    y.day AS pays_on,
    CASE
      WHEN p.closes_number > p.day_number
      THEN p.closes_number - p.day_number
      ELSE 0
    END AS days_ahead
  FROM periods AS p
  LEFT JOIN __source__reference__dot__calendar__ AS c
    ON c.day_number = p.closes_number
  LEFT JOIN __source__reference__dot__calendar__ AS y
    ON y.day_number = p.pays_number
), sums AS (
  SELECT
    a.account_id,
    a.currency,
    a.day,
    COALESCE(
      SUM(
        IF(
          f.kind <> 'deferred'
          AND (
            f.settled_on > a.ended_on OR f.settled_on IS NULL
          )
          AND f.day >= a.ended_on - INTERVAL '1' DAY,
          f.amount,
          NULL
        )
      ),
      0
    ) AS released,
    COALESCE(
      SUM(
        IF(
          f.kind = 'deferred' AND f.matures_on > a.day AND f.matures_on < a.closes_on,
          f.amount,
          NULL
        )
      ),
      0
    ) AS deferred_due,
    COALESCE(
      SUM(
        IF(
          f.kind = 'deferred' AND f.matures_on > a.day AND f.matures_on >= a.closes_on,
          f.amount,
          NULL
        )
      ),
      0
    ) AS deferred_later,
    COALESCE(SUM(IF(f.kind = 'order' AND f.day > a.day - INTERVAL '28' DAY, f.amount, NULL)), 0) AS recent_sales,
    COALESCE(SUM(IF(f.kind = 'fee' AND f.day > a.day - INTERVAL '28' DAY, f.amount, NULL)), 0) AS recent_fees,
    COALESCE(
      SUM(IF(f.kind = 'deferred' AND f.day > a.day - INTERVAL '28' DAY, f.amount, NULL)),
      0
    ) AS recent_deferred,
    ROUND(
      CAST(CAST(SUM(
        IF(
          f.kind = 'deferred' AND f.day > a.day - INTERVAL '28' DAY,
          f.amount * f.held_days,
          NULL
        )
      ) AS BIGNUMERIC) / NULLIF(
        SUM(
          IF(
            f.kind = 'deferred'
            AND f.held_days IS NOT NULL
            AND f.day > a.day - INTERVAL '28' DAY,
            f.amount,
            NULL
          )
        ),
        0
      ) AS BIGNUMERIC),
      0
    ) AS held_days
  FROM ahead AS a
  INNER JOIN flows AS f
    ON f.account_id = a.account_id
    AND f.currency = a.currency
    AND f.day BETWEEN a.day - INTERVAL '62' DAY AND a.day
  GROUP BY
    a.account_id,
    a.currency,
    a.day
), expected AS (
  SELECT
    a.account_id,
    a.day,
    a.currency,
    a.ends_at,
    a.closes_on,
    a.pays_on,
    s.released,
    s.deferred_due,
    s.deferred_later,
    ROUND(CAST(CAST(s.recent_sales * a.days_ahead AS BIGNUMERIC) / 28 AS BIGNUMERIC), 2) + CASE
      WHEN a.days_ahead > COALESCE(s.held_days, 0)
      THEN ROUND(
        CAST(CAST(s.recent_deferred * (
          a.days_ahead - COALESCE(s.held_days, 0)
        ) AS BIGNUMERIC) / 28 AS BIGNUMERIC),
        2
      )
      ELSE 0
    END AS expected_sales,
    ROUND(CAST(CAST(s.recent_fees * a.days_ahead AS BIGNUMERIC) / 28 AS BIGNUMERIC), 2) AS expected_fees,
    -a.reserve AS reserve_back,
    a.reserve AS reserve_held,
    CASE WHEN a.last_total < 0 THEN a.last_total ELSE 0 END AS carried,
    a.paid,
    a.ended_on IS NULL AS lacks_settlement
  FROM ahead AS a
  INNER JOIN sums AS s
    ON s.account_id = a.account_id AND s.currency = a.currency AND s.day = a.day
)
SELECT
  e.account_id,
  e.day,
  e.currency,
  e.ends_at AS period_starts_at,
  e.closes_on,
  e.pays_on,
  CASE WHEN e.lacks_settlement THEN NULL ELSE e.released END AS released,
  CASE WHEN e.lacks_settlement THEN NULL ELSE e.deferred_due END AS deferred_due,
  CASE WHEN e.lacks_settlement THEN NULL ELSE e.deferred_later END AS deferred_later,
  e.expected_sales,
  e.expected_fees,
  e.reserve_back,
  e.reserve_held,
  e.carried,
  e.released + e.deferred_due + e.expected_sales + e.expected_fees + e.reserve_back + e.reserve_held + e.carried AS forecast,
  e.paid,
  e.paid - (
    e.released + e.deferred_due + e.expected_sales + e.expected_fees + e.reserve_back + e.reserve_held + e.carried
  ) AS difference,
  CASE
    WHEN e.lacks_settlement
    THEN 'incomplete'
    WHEN e.paid IS NULL
    THEN 'estimated'
    ELSE 'complete'
  END AS status,
  CASE WHEN e.lacks_settlement THEN 'settlement' ELSE '' END AS missing
FROM expected AS e
