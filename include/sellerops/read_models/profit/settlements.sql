-- Settlements whose period ended on a day of the scope, in their own currency; totals in the currency that is shown.
WITH chosen AS (
    SELECT s.*,
           CASE WHEN %(in_reporting)s THEN g.reporting_currency ELSE s.currency END AS shown_currency,
           CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END AS rate
    FROM sellerops_marts.settlement AS s
    LEFT JOIN sellerops_reference.account_setting AS g ON g.account_id = s.account_id
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = s.day AND x.from_currency = s.currency AND x.to_currency = g.reporting_currency
    WHERE s.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR s.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL
           OR s.currency IN (SELECT m.currency FROM sellerops.marketplace AS m WHERE m.id = ANY (%(marketplaces)s)))
),
found AS (
    SELECT account_id, settlement_id, day, starts_at, ends_at, deposit_at, currency, total, cm1, cm2_only, overhead, tax,
           balance, unmapped, difference, lines, unmapped_lines, coalesce(shown_currency, '') AS shown_currency,
           round(total * rate, 6) AS shown_total, status, missing
    FROM chosen
    WHERE %(search)s::text IS NULL OR settlement_id ILIKE %(search)s
),
page AS (SELECT * FROM found ORDER BY {order_by}, settlement_id LIMIT %(limit)s OFFSET %(offset)s)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
UNION ALL
SELECT true, count(*), '', '', NULL, NULL, NULL, NULL,
       CASE WHEN count(DISTINCT currency) = 1 THEN max(currency) ELSE '' END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(total) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(cm1) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(cm2_only) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(overhead) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(tax) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(balance) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(unmapped) END,
       CASE WHEN count(DISTINCT currency) = 1 THEN sum(difference) END,
       sum(lines), sum(unmapped_lines),
       CASE WHEN count(DISTINCT shown_currency) = 1 THEN max(shown_currency) ELSE '' END,
       CASE WHEN count(DISTINCT shown_currency) = 1 AND count(*) = count(shown_total) THEN sum(shown_total) END,
       CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete'
            WHEN bool_or(status = 'estimated') THEN 'estimated' ELSE 'complete' END,
       coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '')
FROM found
HAVING count(*) > 0
ORDER BY is_totals, {order_by}, settlement_id
