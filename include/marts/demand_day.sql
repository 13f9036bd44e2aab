-- description: >-
--   Units demanded of each SKU and day, with the days masked on which demand could not be seen: a masked day is left out,
--   never counted as zero. A SKU has a row on days with an order, stock or a visit.
-- group: demand
-- grain: [account_id, marketplace_id, day, sku]
-- inputs:
--   sales_day: {day: day}
--   inventory_day: {day: day, before: 1}
--   traffic_sku_day: {day: day}
--   amazon_sp.sales_daily_totals: {day: date}
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
WITH parts AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.asin, 1 AS is_sales, 0 AS is_stock, 1 AS is_row, 0 AS is_hidden,
           COALESCE(s.units_ordered, s.reported_units) AS units, s.sales_ordered AS sales,
           s.promotion_discounts AS discounts, CASE WHEN s.status = 'complete' THEN 0 ELSE 1 END AS unsettled,
           CAST(NULL AS BIGINT) AS page_views, CAST(NULL AS NUMERIC) AS buy_box_views,
           CAST(NULL AS BIGINT) AS available, CAST(NULL AS BIGINT) AS available_before
    FROM {{ ref('sales_day') }} AS s
    UNION ALL
    SELECT t.account_id, t.marketplace_id, t.day, t.sku, t.asin, 1, 0, 1, 0, NULL, NULL, NULL, 0,
           t.page_views, t.buy_box_views, NULL, NULL
    FROM {{ ref('traffic_sku_day') }} AS t
    UNION ALL
    SELECT i.account_id, i.marketplace_id, i.day, i.sku, i.asin, 0, 1, 1, 0, NULL, NULL, NULL,
           CASE WHEN i.status = 'complete' THEN 0 ELSE 1 END, NULL, NULL, i.sellable, NULL
    FROM {{ ref('inventory_day') }} AS i
    WHERE i.marketplace_id <> '' AND i.sellable IS NOT NULL
    UNION ALL
    SELECT b.account_id, b.marketplace_id, CAST(b.day + INTERVAL '1' DAY AS DATE), b.sku, NULL, 0, 0, 0, 0, NULL, NULL, NULL,
           0, NULL, NULL, NULL, b.sellable
    FROM {{ ref('inventory_day') }} AS b
    WHERE b.marketplace_id <> '' AND b.sellable IS NOT NULL
    UNION ALL
    -- A marketplace without a visit or an order all day has no SKUs in its reports, but the day is known.
    SELECT z.account_id, z.marketplace_id, z.date, '', NULL, 1, 0, 0, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL
    FROM {{ source('amazon_sp.sales_daily_totals') }} AS z
    WHERE z.units_ordered = 0
    UNION ALL
    SELECT h.account_id, h.marketplace_id, CAST(h.snapshot_at AT TIME ZONE m.time_zone AS DATE), h.sku, NULL, 0, 0, 0, 1,
           NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL
    FROM {{ source('amazon_sp.suppressed_listings') }} AS h
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = h.marketplace_id
),
days AS (
    SELECT p.account_id, p.marketplace_id, p.day, MAX(p.is_sales) AS has_sales, MAX(p.is_stock) AS has_stock
    FROM parts AS p
    GROUP BY p.account_id, p.marketplace_id, p.day
),
summed AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, MAX(p.asin) AS asin, SUM(p.units) AS units, SUM(p.sales) AS sales,
           COALESCE(-SUM(p.discounts), 0) AS discounts, SUM(p.unsettled) AS unsettled, SUM(p.page_views) AS page_views,
           SUM(p.buy_box_views) AS buy_box_views, SUM(p.available) AS available,
           SUM(p.available_before) AS available_before, MAX(p.is_hidden) AS is_hidden
    FROM parts AS p
    WHERE p.sku <> ''
    GROUP BY p.account_id, p.marketplace_id, p.day, p.sku
    HAVING MAX(p.is_row) = 1
),
deals AS (
    SELECT c.marketplace_id, c.day, CASE WHEN COUNT(*) = 1 THEN MAX(c.event) ELSE 'several' END AS event
    FROM {{ source('reference.calendar_event') }} AS c
    WHERE c.kind = 'deal'
    GROUP BY c.marketplace_id, c.day
),
known AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.asin, d.has_sales, d.has_stock, s.unsettled,
           CASE WHEN d.has_sales = 1 THEN COALESCE(s.units, 0) END AS units, s.available, s.available_before,
           s.page_views, ROUND(100 * s.buy_box_views / NULLIF(s.page_views, 0), 6) AS buy_box_percentage, s.is_hidden,
           COALESCE(
               c.event, CASE WHEN s.discounts > 0 AND s.discounts * 20 >= COALESCE(s.sales, 0) THEN 'promotion' ELSE '' END
           ) AS events
    FROM summed AS s
    JOIN days AS d ON d.account_id = s.account_id AND d.marketplace_id = s.marketplace_id AND d.day = s.day
    LEFT JOIN deals AS c ON c.marketplace_id = s.marketplace_id AND c.day = s.day
),
masked AS (
    SELECT k.account_id, k.marketplace_id, k.day, k.sku, k.asin, k.units, k.available, k.available_before,
           k.buy_box_percentage, k.events, k.has_sales, k.has_stock, k.unsettled,
           CASE WHEN k.available <= 0 AND COALESCE(k.available_before, 0) <= 0 AND COALESCE(k.units, 0) = 0
                THEN 'stock_out'
                WHEN k.available <= 0 OR k.available_before <= 0 THEN 'partial'
                WHEN k.is_hidden = 1 THEN 'suppressed'
                WHEN k.page_views >= 10 AND k.buy_box_percentage < 5 THEN 'buy_box'
                ELSE '' END AS mask_reason
    FROM known AS k
)
SELECT m.account_id, m.marketplace_id, m.day, m.sku, m.asin, m.units, m.available, m.available_before,
       m.buy_box_percentage, m.mask_reason <> '' AS is_masked, m.mask_reason, m.events,
       CASE WHEN m.has_sales = 0 OR m.has_stock = 0 THEN 'incomplete'
            WHEN m.unsettled > 0 THEN 'estimated'
            ELSE 'complete' END AS status,
       LTRIM(CASE WHEN m.has_sales = 1 THEN '' ELSE ', sales' END
             || CASE WHEN m.has_stock = 1 THEN '' ELSE ', stock' END, ', ') AS missing
FROM masked AS m
