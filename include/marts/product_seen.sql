-- description: Which SKU was reported with which ASIN and FNSKU in a week, over all reports.
-- group: reference
-- grain: [account_id, week_monday, sku, asin, fnsku]
-- partition: [account_id, week_monday]
-- inputs:
--   amazon_sp.listings_all: {moment: snapshot_at, zones: own, after: 6}
--   amazon_sp.sales_daily_by_sku: {day: date, after: 6}
--   amazon_sp.inventory_ledger_summary: {day: date, after: 6}
--   amazon_sp.economics: {day: date, after: 6}
--   amazon_sp.all_orders: {moment: purchase_date, zones: own, after: 6}
--   amazon_sp.fba_customer_returns: {moment: return_date, zones: own, after: 6}
--   amazon_sp.reimbursements: {moment: approval_date, zones: own, after: 6}
--   amazon_sp.settlements: {moment: posted_date_time, zones: own, after: 6}
--   amazon_ads.sp_advertised_products: {day: date, after: 6}
--   amazon_ads.sd_advertised_products: {day: date, after: 6}
--   reference.calendar: {day: day, after: 6, account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   week_monday: {type: date, description: "Monday of the week. Days of reports with a time of day are UTC days."}
--   sku: {type: text, description: "Your SKU, without spaces around it."}
--   asin: {type: text, description: "ASIN; empty: not named."}
--   fnsku: {type: text, description: "FNSKU; empty: not named."}
--   first_day: {type: date, description: "First day of the week on which they were reported together."}
--   last_day: {type: date, description: "Last such day."}
--   is_listed: {type: boolean, description: "Your listings contain the SKU."}
--   is_used: {type: boolean, description: "A report of sales, stock, money or ads contains the SKU."}
WITH seen AS (
    SELECT l.account_id, CAST(l.snapshot_at AT TIME ZONE 'UTC' AS date) AS day, l.seller_sku AS sku, l.asin1 AS asin,
           '' AS fnsku, 1 AS is_listed
    FROM {{ source('amazon_sp.listings_all') }} AS l
    UNION ALL
    SELECT s.account_id, s.date, s.sku, s.child_asin, '', 0 FROM {{ source('amazon_sp.sales_daily_by_sku') }} AS s
    UNION ALL
    SELECT i.account_id, i.date, i.msku, i.asin, i.fnsku, 0
    FROM {{ source('amazon_sp.inventory_ledger_summary') }} AS i
    UNION ALL
    SELECT e.account_id, e.date, e.msku, e.child_asin, e.fnsku, 0 FROM {{ source('amazon_sp.economics') }} AS e
    UNION ALL
    SELECT o.account_id, CAST(o.purchase_date AT TIME ZONE 'UTC' AS date), o.sku, o.asin, '', 0
    FROM {{ source('amazon_sp.all_orders') }} AS o
    UNION ALL
    SELECT r.account_id, CAST(r.return_date AT TIME ZONE 'UTC' AS date), r.sku, r.asin, r.fnsku, 0
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS r
    UNION ALL
    SELECT b.account_id, CAST(b.approval_date AT TIME ZONE 'UTC' AS date), b.sku, b.asin, b.fnsku, 0
    FROM {{ source('amazon_sp.reimbursements') }} AS b
    UNION ALL
    SELECT t.account_id, CAST(t.posted_date_time AT TIME ZONE 'UTC' AS date), t.sku, '', '', 0
    FROM {{ source('amazon_sp.settlements') }} AS t
    UNION ALL
    SELECT p.account_id, p.date, p.advertised_sku, p.advertised_asin, '', 0
    FROM {{ source('amazon_ads.sp_advertised_products') }} AS p
    UNION ALL
    SELECT d.account_id, d.date, d.promoted_sku, d.promoted_asin, '', 0
    FROM {{ source('amazon_ads.sd_advertised_products') }} AS d
),
named AS (
    SELECT s.account_id, s.day, TRIM(s.sku) AS sku, s.is_listed,
           -- The placeholder of an absent value begins with `none`.
           CASE WHEN s.asin IS NULL OR s.asin LIKE 'none%' THEN '' ELSE TRIM(s.asin) END AS asin,
           CASE WHEN s.fnsku IS NULL OR s.fnsku LIKE 'none%' THEN '' ELSE TRIM(s.fnsku) END AS fnsku
    FROM seen AS s
    WHERE s.sku IS NOT NULL AND TRIM(s.sku) <> '' AND s.sku NOT LIKE 'none%'
)
SELECT n.account_id, c.week_monday, n.sku, n.asin, n.fnsku,
       MIN(n.day) AS first_day, MAX(n.day) AS last_day,
       MAX(n.is_listed) = 1 AS is_listed, MIN(n.is_listed) = 0 AS is_used
FROM named AS n
JOIN {{ source('reference.calendar') }} AS c ON c.day = n.day
GROUP BY n.account_id, c.week_monday, n.sku, n.asin, n.fnsku
