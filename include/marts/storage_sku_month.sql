-- description: "Storage fees of each SKU and month: monthly storage with the utilization surcharge, and the surcharge on aged inventory."
-- group: money
-- grain: [account_id, marketplace_id, day, sku]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.storage_fees: {day: month}
--   amazon_sp.long_term_storage_fees: {day: snapshot_date, after: 31}
--   product_seen: {day: week_monday, before: 42}
--   reference.calendar: {day: day, after: 31, account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace of the warehouse's country; empty: none."}
--   day: {type: date, description: "First day of the month."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   currency: {type: text, description: "Currency of all amounts."}
--   monthly: {type: decimal, unit: currency, description: "Monthly storage fee with utilization surcharge, negative; null: the report has no such month."}
--   aged: {type: decimal, unit: currency, description: "Surcharge on aged inventory, negative."}
--   days: {type: integer, unit: days, description: "Days of the month."}
--   status: {type: text, description: "complete, or incomplete."}
--   missing: {type: text, description: "mapping: no SKU of an FNSKU is known; empty: nothing."}
WITH months AS (
    SELECT c.month_first AS day, COUNT(*) AS days
    FROM {{ source('reference.calendar') }} AS c
    GROUP BY c.month_first
),
-- The older of two headers names no SKU: then the one that was seen with the FNSKU in the weeks before.
known AS (
    SELECT f.account_id, f.day, f.fnsku, CASE WHEN COUNT(DISTINCT s.sku) = 1 THEN MIN(s.sku) END AS sku
    FROM (
        SELECT t.account_id, t.month AS day, t.fnsku
        FROM {{ source('amazon_sp.storage_fees') }} AS t
        WHERE t.sku IS NULL
        GROUP BY t.account_id, t.month, t.fnsku
    ) AS f
    INNER JOIN {{ ref('product_seen') }} AS s
        ON s.account_id = f.account_id
        AND s.fnsku = f.fnsku
        AND s.week_monday BETWEEN f.day - INTERVAL '42' DAY AND f.day
    GROUP BY f.account_id, f.day, f.fnsku
),
fees AS (
    SELECT t.account_id, t.country_code AS country, t.month AS day, COALESCE(NULLIF(t.sku, ''), k.sku, '') AS sku, t.currency,
           -COALESCE(t.estimated_monthly_storage_fee, t.est_base_msf + COALESCE(t.est_sus, 0)) AS monthly, NULL AS aged
    FROM {{ source('amazon_sp.storage_fees') }} AS t
    LEFT JOIN known AS k ON k.account_id = t.account_id AND k.day = t.month AND k.fnsku = t.fnsku
    UNION ALL
    SELECT t.account_id, t.country, c.month_first AS day, t.sku, t.currency, NULL AS monthly, -t.amount_charged AS aged
    FROM {{ source('amazon_sp.long_term_storage_fees') }} AS t
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = t.snapshot_date
)
SELECT f.account_id,
       COALESCE(m.id, '') AS marketplace_id,
       f.day,
       f.sku,
       MAX(f.currency) AS currency,
       SUM(f.monthly) AS monthly,
       SUM(f.aged) AS aged,
       MAX(d.days) AS days,
       CASE WHEN f.sku = '' THEN 'incomplete' ELSE 'complete' END AS status,
       CASE WHEN f.sku = '' THEN 'mapping' ELSE '' END AS missing
FROM fees AS f
INNER JOIN months AS d ON d.day = f.day
LEFT JOIN {{ source('reference.marketplace') }} AS m
    ON m.code = CASE WHEN f.country = 'UK' THEN 'GB' ELSE f.country END
GROUP BY f.account_id, COALESCE(m.id, ''), f.day, f.sku
