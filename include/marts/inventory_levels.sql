-- description: >-
--   Current stock of each marketplace and SKU: the newest day of inventory_day with positions, and open inbound
--   shipments by expected date. Stock of no marketplace (AWD, own warehouse) is in rows with an empty marketplace_id.
-- group: daily
-- grain: [account_id, marketplace_id, sku]
-- partition: [account_id, marketplace_id]
-- inputs:
--   inventory_day: {}
--   stock_day: {}
--   fba_shipments: {}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: stock of no marketplace."}
--   sku: {type: text, description: "Seller's SKU."}
--   day: {type: date, description: "Day of the level."}
--   fnsku: {type: text, description: "Amazon's SKU in its warehouses."}
--   asin: {type: text, description: "ASIN."}
--   stock_pool: {type: text, description: "Stock pool of config/marketplaces.yaml, else the marketplace's id."}
--   is_counted: {type: boolean, description: "The row that stands for its stock pool: sums over these rows count shared stock once."}
--   snapshot_at: {type: timestamp, description: "Time of the snapshot (UTC)."}
--   available: {type: integer, unit: units, description: "Sellable now."}
--   fc_transfer: {type: integer, unit: units, description: "On the way between Amazon's warehouses."}
--   fc_processing: {type: integer, unit: units, description: "Being processed in a warehouse."}
--   reserved_customer_orders: {type: integer, unit: units, description: "Reserved for customer orders: sold."}
--   reserved: {type: integer, unit: units, description: "Reserved in total."}
--   inbound_working: {type: integer, unit: units, description: "In shipments that are being prepared."}
--   inbound_shipped: {type: integer, unit: units, description: "In shipments on their way."}
--   inbound_receiving: {type: integer, unit: units, description: "In shipments that Amazon is receiving."}
--   unsellable: {type: integer, unit: units, description: "Damaged, defective or expired."}
--   researching: {type: integer, unit: units, description: "Units that Amazon is looking for."}
--   total: {type: integer, unit: units, description: "All units, as Amazon adds them up."}
--   awd_available: {type: integer, unit: units, description: "At AWD, free to be sent on."}
--   awd_reserved: {type: integer, unit: units, description: "At AWD, reserved for replenishment."}
--   awd_replenishing: {type: integer, unit: units, description: "On the way from AWD to FBA."}
--   awd_inbound: {type: integer, unit: units, description: "On the way to AWD."}
--   own_warehouse: {type: integer, unit: units, description: "In your own warehouses."}
--   on_order: {type: integer, unit: units, description: "Ordered from suppliers and not received."}
--   inbound_open: {type: integer, unit: units, description: "Open units of all shipments (fba_shipments)."}
--   inbound_14_days: {type: integer, unit: units, description: "Part of them expected within 14 days of `day`, overdue ones included."}
--   inbound_30_days: {type: integer, unit: units, description: "Part of them expected within 30 days."}
--   inbound_undated: {type: integer, unit: units, description: "Part of them without an expected date."}
--   next_expected_on: {type: date, description: "Earliest expected date of an open shipment."}
--   status: {type: text, description: "complete or estimated, as in inventory_day."}
--   missing: {type: text, description: "As in inventory_day."}
WITH newest AS (
    SELECT s.account_id, s.marketplace_id, MAX(s.day) AS day
    FROM {{ ref('stock_day') }} AS s
    WHERE s.has_levels
    GROUP BY s.account_id, s.marketplace_id
),
inbound AS (
    SELECT n.account_id, n.marketplace_id, s.sku, SUM(s.units_open) AS units,
           SUM(CASE WHEN s.expected_on <= CAST(n.day + INTERVAL '14' DAY AS DATE) THEN s.units_open ELSE 0 END) AS units_14,
           SUM(CASE WHEN s.expected_on <= CAST(n.day + INTERVAL '30' DAY AS DATE) THEN s.units_open ELSE 0 END) AS units_30,
           SUM(CASE WHEN s.expected_on IS NULL THEN s.units_open ELSE 0 END) AS undated,
           MIN(s.expected_on) AS next_expected_on
    FROM newest AS n
    JOIN {{ ref('fba_shipments') }} AS s ON s.account_id = n.account_id AND s.marketplace_id = n.marketplace_id
    WHERE s.units_open > 0
    GROUP BY n.account_id, n.marketplace_id, s.sku
)
SELECT i.account_id, i.marketplace_id, i.sku, i.day, i.fnsku, i.asin, i.stock_pool, i.is_counted, i.snapshot_at,
       i.available, i.fc_transfer, i.fc_processing, i.reserved_customer_orders, i.reserved, i.inbound_working,
       i.inbound_shipped, i.inbound_receiving, i.unsellable, i.researching, i.total, i.awd_available, i.awd_reserved,
       i.awd_replenishing, i.awd_inbound, i.own_warehouse, i.on_order, COALESCE(b.units, 0) AS inbound_open,
       COALESCE(b.units_14, 0) AS inbound_14_days, COALESCE(b.units_30, 0) AS inbound_30_days,
       COALESCE(b.undated, 0) AS inbound_undated, b.next_expected_on, i.status, i.missing
FROM {{ ref('inventory_day') }} AS i
JOIN newest AS n ON n.account_id = i.account_id AND n.marketplace_id = i.marketplace_id AND n.day = i.day
LEFT JOIN inbound AS b ON b.account_id = i.account_id AND b.marketplace_id = i.marketplace_id AND b.sku = i.sku
