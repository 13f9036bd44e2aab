WITH fees AS (
    SELECT f.fee_type, f.is_mapped,
           coalesce(CASE WHEN %(in_reporting)s THEN a.reporting_currency ELSE f.currency END, '') AS currency,
           f.units_charged, round(f.amount_actual * x.rate, 6) AS amount_actual,
           f.units_expected, round(f.amount_estimated * x.rate, 6) AS amount_estimated, f.status, f.missing
    FROM sellerops_marts.fees_day AS f
    LEFT JOIN sellerops_reference.account_setting AS a ON a.account_id = f.account_id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN %(in_reporting)s THEN r.rate ELSE 1 END AS rate FROM sellerops_reference.fx_rate AS r
        WHERE r.day = f.day AND r.from_currency = f.currency AND r.to_currency = a.reporting_currency
    ) AS x ON true
    WHERE f.account_id = %(account)s AND f.marketplace_id = ANY (%(marketplaces)s) AND f.day = ANY (%(days)s::date[])
      AND f.sku = %(sku)s
)
SELECT fee_type, currency, sum(units_charged) AS units_charged, sum(amount_actual) AS amount_actual,
       sum(units_expected) AS units_expected, sum(amount_estimated) AS amount_estimated,
       round(sum(amount_actual) / nullif(sum(units_charged), 0), 6) AS rate_actual,
       round(sum(amount_estimated) / nullif(sum(units_expected) FILTER (WHERE amount_estimated IS NOT NULL), 0), 6)
           AS rate_estimated,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END AS status,
       array(SELECT DISTINCT word FROM unnest(array_agg(missing)) AS line,
             unnest(string_to_array(line, ', ')) AS word WHERE word <> '' ORDER BY word) AS missing
FROM fees
GROUP BY fee_type, currency
ORDER BY fee_type, currency
