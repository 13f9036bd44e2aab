-- description: >-
--   Units demanded of each SKU and day, with the days masked on which demand could not be seen: a masked day is left out,
--   never counted as zero. A SKU has a row on days with an order, stock or a visit.
-- group: demand
-- grain: [account_id, marketplace_id, day, sku]
-- inputs:
--   sales_day: {day: day}
--   inventory_day: {day: day, before: 1}
--   traffic_sku_day: {day: day}
--   amazon_sp.suppressed_listings: {moment: snapshot_at}
--   reference.calendar_event: {day: day, account: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone."}
--   sku: {type: text, description: "Seller's SKU."}
--   asin: {type: text, description: "ASIN."}
--   units: {type: integer, unit: units, description: "Units ordered and not cancelled: demand that was seen. Null: orders of the day are not known."}
--   available: {type: integer, unit: units, description: "Sellable units at Amazon at the end of the day; null: unknown, or not sold through FBA."}
--   available_before: {type: integer, unit: units, description: "The same at the end of the day before."}
--   buy_box_percentage: {type: decimal, unit: percent, description: "Share of page views in which this seller had the buy box; null: unknown."}
--   is_masked: {type: boolean, description: "Demand could not be seen: leave the day out instead of counting it as zero."}
--   mask_reason: {type: text, description: "stock_out (no stock all day), partial (stock ended or began within the day), suppressed (listing hidden), buy_box (below 5 percent of at least 10 views: of fewer, the share is chance), or empty."}
--   events: {type: text, description: "Deal of reference.calendar_event, `several`, `promotion` (discounts of 5 percent of sales or more), or empty."}
--   status: {type: text, description: "complete; estimated: stock from the inventory ledger only, or orders still change; incomplete: orders or stock are not known."}
--   missing: {type: text, description: "sales, stock: not known for the marketplace and day."}
-- tests:
--   masks:
--     description: A day is masked exactly if it has a reason.
--     sql: SELECT t.sku FROM {{ this }} AS t WHERE t.is_masked <> (t.mask_reason <> '')
WITH sold AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, MAX(s.asin) AS asin,
           SUM(COALESCE(s.units_ordered, s.reported_units)) AS units, SUM(s.sales_ordered) AS sales,
           SUM(s.promotion_discounts) AS discounts, SUM(CASE WHEN s.status = 'complete' THEN 0 ELSE 1 END) AS unsettled
    FROM {{ ref('sales_day') }} AS s
    WHERE s.sku <> ''
    GROUP BY s.account_id, s.marketplace_id, s.day, s.sku
),
visited AS (
    SELECT t.account_id, t.marketplace_id, t.day, t.sku, MAX(t.asin) AS asin, SUM(t.page_views) AS page_views,
           SUM(t.buy_box_views) AS buy_box_views
    FROM {{ ref('traffic_sku_day') }} AS t
    WHERE t.sku <> ''
    GROUP BY t.account_id, t.marketplace_id, t.day, t.sku
),
stocked AS (
    SELECT i.account_id, i.marketplace_id, i.day, i.sku, i.asin, i.sellable, i.status
    FROM {{ ref('inventory_day') }} AS i
    WHERE i.marketplace_id <> '' AND i.sellable IS NOT NULL
),
stock_days AS (
    SELECT s.account_id, s.marketplace_id, s.day FROM stocked AS s GROUP BY s.account_id, s.marketplace_id, s.day
),
sales_days AS (
    SELECT e.account_id, e.marketplace_id, e.day
    FROM (
        SELECT s.account_id, s.marketplace_id, s.day FROM {{ ref('sales_day') }} AS s
        UNION ALL
        SELECT v.account_id, v.marketplace_id, v.day FROM visited AS v
    ) AS e
    GROUP BY e.account_id, e.marketplace_id, e.day
),
hidden AS (
    SELECT h.account_id, h.marketplace_id, CAST(h.snapshot_at AT TIME ZONE m.time_zone AS DATE) AS day, h.sku
    FROM {{ source('amazon_sp.suppressed_listings') }} AS h
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = h.marketplace_id
    GROUP BY h.account_id, h.marketplace_id, CAST(h.snapshot_at AT TIME ZONE m.time_zone AS DATE), h.sku
),
deals AS (
    SELECT c.marketplace_id, c.day, CASE WHEN COUNT(*) = 1 THEN MAX(c.event) ELSE 'several' END AS event
    FROM {{ source('reference.calendar_event') }} AS c
    WHERE c.kind = 'deal'
    GROUP BY c.marketplace_id, c.day
),
named AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.asin FROM sold AS s
    UNION ALL
    SELECT v.account_id, v.marketplace_id, v.day, v.sku, v.asin FROM visited AS v
    UNION ALL
    SELECT i.account_id, i.marketplace_id, i.day, i.sku, i.asin FROM stocked AS i
),
rows_of_days AS (
    SELECT n.account_id, n.marketplace_id, n.day, n.sku, MAX(n.asin) AS asin
    FROM named AS n
    GROUP BY n.account_id, n.marketplace_id, n.day, n.sku
),
known AS (
    SELECT r.account_id, r.marketplace_id, r.day, r.sku, r.asin,
           CASE WHEN d.day IS NOT NULL THEN COALESCE(s.units, 0) END AS units,
           i.sellable AS available, b.sellable AS available_before, i.status AS stock_status,
           k.day IS NOT NULL AS has_stock_day, d.day IS NOT NULL AS has_sales_day, s.unsettled,
           v.page_views, ROUND(100 * v.buy_box_views / NULLIF(v.page_views, 0), 6) AS buy_box_percentage,
           h.sku IS NOT NULL AS is_hidden, c.event,
           COALESCE(-s.discounts, 0) > 0 AND COALESCE(-s.discounts, 0) * 20 >= COALESCE(s.sales, 0) AS is_promoted
    FROM rows_of_days AS r
    LEFT JOIN sold AS s
      ON s.account_id = r.account_id AND s.marketplace_id = r.marketplace_id AND s.day = r.day AND s.sku = r.sku
    LEFT JOIN visited AS v
      ON v.account_id = r.account_id AND v.marketplace_id = r.marketplace_id AND v.day = r.day AND v.sku = r.sku
    LEFT JOIN stocked AS i
      ON i.account_id = r.account_id AND i.marketplace_id = r.marketplace_id AND i.day = r.day AND i.sku = r.sku
    LEFT JOIN stocked AS b
      ON b.account_id = r.account_id AND b.marketplace_id = r.marketplace_id AND b.day = r.day - INTERVAL '1' DAY
     AND b.sku = r.sku
    LEFT JOIN hidden AS h
      ON h.account_id = r.account_id AND h.marketplace_id = r.marketplace_id AND h.day = r.day AND h.sku = r.sku
    LEFT JOIN stock_days AS k
      ON k.account_id = r.account_id AND k.marketplace_id = r.marketplace_id AND k.day = r.day
    LEFT JOIN sales_days AS d
      ON d.account_id = r.account_id AND d.marketplace_id = r.marketplace_id AND d.day = r.day
    LEFT JOIN deals AS c ON c.marketplace_id = r.marketplace_id AND c.day = r.day
),
masked AS (
    SELECT k.account_id, k.marketplace_id, k.day, k.sku, k.asin, k.units, k.available, k.available_before,
           k.page_views, k.buy_box_percentage, k.event, k.is_promoted, k.has_sales_day, k.has_stock_day, k.unsettled, k.stock_status,
           CASE WHEN k.available <= 0 AND COALESCE(k.available_before, 0) <= 0 AND COALESCE(k.units, 0) = 0
                THEN 'stock_out'
                WHEN k.available <= 0 OR k.available_before <= 0 THEN 'partial'
                WHEN k.is_hidden THEN 'suppressed'
                WHEN k.page_views >= 10 AND k.buy_box_percentage < 5 THEN 'buy_box'
                ELSE '' END AS mask_reason
    FROM known AS k
)
SELECT m.account_id, m.marketplace_id, m.day, m.sku, m.asin, m.units, m.available, m.available_before,
       m.buy_box_percentage, m.mask_reason <> '' AS is_masked, m.mask_reason,
       COALESCE(m.event, CASE WHEN m.is_promoted THEN 'promotion' ELSE '' END) AS events,
       CASE WHEN NOT m.has_sales_day OR NOT m.has_stock_day THEN 'incomplete'
            WHEN COALESCE(m.unsettled, 0) > 0 OR m.stock_status <> 'complete' THEN 'estimated'
            ELSE 'complete' END AS status,
       LTRIM(CASE WHEN m.has_sales_day THEN '' ELSE ', sales' END
             || CASE WHEN m.has_stock_day THEN '' ELSE ', stock' END, ', ') AS missing
FROM masked AS m
