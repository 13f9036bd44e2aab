-- description: >-
--   Stock of each SKU at the end of each day, every position in a column: from the last snapshot of the marketplace's
--   day, and beside it the inventory ledger, which also knows days before collection began. A day without a snapshot has
--   no positions (null), never zeros. Marketplaces of a stock pool each report the whole pool: add up rows with
--   `is_counted`. Stock that belongs to no marketplace (AWD, your own warehouse, ledger countries without a
--   marketplace) is in rows with an empty marketplace_id.
-- group: daily
-- grain: [account_id, marketplace_id, day, sku]
-- inputs:
--   amazon_sp.fba_inventory_summaries: {moment: snapshot_at, zones: own, marketplace: false}
--   amazon_sp.fba_manage_inventory: {moment: snapshot_at, zones: own, marketplace: false}
--   amazon_sp.inventory_ledger_summary: {day: date, marketplace: false}
--   amazon_sp.awd_inventory: {moment: snapshot_at, zones: own, marketplace: false}
--   reference.stock_elsewhere: {since: valid_from, marketplace: false}
--   reference.stock_pool: {account: false, marketplace: false}
--   reference.marketplace: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: stock of no marketplace."}
--   day: {type: date, description: "Day in the marketplace's time zone; AWD: UTC; ledger: day of the warehouse's country."}
--   sku: {type: text, description: "Seller's SKU."}
--   fnsku: {type: text, description: "Amazon's SKU in its warehouses."}
--   asin: {type: text, description: "ASIN."}
--   stock_pool: {type: text, description: "Stock pool of config/marketplaces.yaml, else the marketplace's id."}
--   is_counted: {type: boolean, description: "The row that stands for its stock pool: sums over these rows count shared stock once. Ledger columns are per country: sum them over all rows."}
--   snapshot_at: {type: timestamp, description: "Time of the snapshot (UTC); null: none that day."}
--   available: {type: integer, unit: units, description: "Sellable now."}
--   fc_transfer: {type: integer, unit: units, description: "On the way between Amazon's warehouses."}
--   fc_processing: {type: integer, unit: units, description: "Being processed in a warehouse."}
--   reserved_customer_orders: {type: integer, unit: units, description: "Reserved for customer orders: sold."}
--   reserved: {type: integer, unit: units, description: "Reserved in total. The report fba_manage_inventory has only this sum and fc_transfer."}
--   inbound_working: {type: integer, unit: units, description: "In shipments that are being prepared."}
--   inbound_shipped: {type: integer, unit: units, description: "In shipments on their way."}
--   inbound_receiving: {type: integer, unit: units, description: "In shipments that Amazon is receiving."}
--   unsellable: {type: integer, unit: units, description: "Damaged, defective or expired."}
--   researching: {type: integer, unit: units, description: "Units that Amazon is looking for."}
--   total: {type: integer, unit: units, description: "All units, as Amazon adds them up."}
--   ledger_sellable: {type: integer, unit: units, description: "Ending balance of sellable units in the country's warehouses, reserved ones included."}
--   ledger_unsellable: {type: integer, unit: units, description: "Ending balance of all other dispositions."}
--   ledger_in_transit: {type: integer, unit: units, description: "In transit between warehouses."}
--   ledger_received: {type: integer, unit: units, description: "Received that day."}
--   ledger_shipped: {type: integer, unit: units, description: "Shipped to customers that day, positive."}
--   ledger_returned: {type: integer, unit: units, description: "Returned by customers that day."}
--   ledger_lost: {type: integer, unit: units, description: "Lost minus found that day: positive are losses."}
--   ledger_damaged: {type: integer, unit: units, description: "Damaged that day, as the ledger signs it."}
--   sellable: {type: integer, unit: units, description: "available, or without a snapshot ledger_sellable, which includes reserved units. A SKU that neither names has no row."}
--   awd_available: {type: integer, unit: units, description: "At AWD, free to be sent on."}
--   awd_reserved: {type: integer, unit: units, description: "At AWD, reserved for replenishment."}
--   awd_replenishing: {type: integer, unit: units, description: "On the way from AWD to FBA."}
--   awd_inbound: {type: integer, unit: units, description: "On the way to AWD."}
--   own_warehouse: {type: integer, unit: units, description: "In your own warehouses (reference.stock_elsewhere)."}
--   on_order: {type: integer, unit: units, description: "Ordered from suppliers and not received (reference.stock_elsewhere)."}
--   status: {type: text, description: "complete; estimated: only the ledger knows the day."}
--   missing: {type: text, description: "ledger: no ledger of that day yet; snapshot: none of the marketplace that day."}
WITH snapshots AS (
    SELECT t.account_id, t.marketplace_id, CAST(t.snapshot_at AT TIME ZONE m.time_zone AS DATE) AS day, t.snapshot_at,
           1 AS source, t.seller_sku AS sku, t.fn_sku AS fnsku, t.asin, t.fulfillable_quantity AS available,
           t.pending_transshipment_quantity AS fc_transfer, t.fc_processing_quantity AS fc_processing,
           t.pending_customer_order_quantity AS reserved_customer_orders, t.total_reserved_quantity AS reserved,
           t.inbound_working_quantity AS inbound_working, t.inbound_shipped_quantity AS inbound_shipped,
           t.inbound_receiving_quantity AS inbound_receiving, t.total_unfulfillable_quantity AS unsellable,
           t.total_researching_quantity AS researching, t.total_quantity AS total
    FROM {{ source('amazon_sp.fba_inventory_summaries') }} AS t
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = t.marketplace_id
    UNION ALL
    SELECT t.account_id, t.marketplace_id, CAST(t.snapshot_at AT TIME ZONE m.time_zone AS DATE), t.snapshot_at, 2, t.sku,
           t.fnsku, t.asin, t.afn_fulfillable_quantity, t.afn_fc_transfer_quantity, NULL, NULL, t.afn_reserved_quantity,
           t.afn_inbound_working_quantity, t.afn_inbound_shipped_quantity, t.afn_inbound_receiving_quantity,
           t.afn_unsellable_quantity, t.afn_researching_quantity, t.afn_total_quantity
    FROM {{ source('amazon_sp.fba_manage_inventory') }} AS t
    JOIN {{ source('reference.marketplace') }} AS m ON m.id = t.marketplace_id
),
taken AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.source, MAX(s.snapshot_at) AS snapshot_at
    FROM snapshots AS s
    GROUP BY s.account_id, s.marketplace_id, s.day, s.source
),
chosen AS (
    SELECT t.account_id, t.marketplace_id, t.day, t.source, t.snapshot_at,
           ROW_NUMBER() OVER (PARTITION BY t.account_id, t.marketplace_id, t.day ORDER BY t.source) AS place
    FROM taken AS t
),
countries AS (
    SELECT m.code, m.id FROM {{ source('reference.marketplace') }} AS m
),
parts AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.fnsku, s.asin, s.snapshot_at, s.available, s.fc_transfer,
           s.fc_processing, s.reserved_customer_orders, s.reserved, s.inbound_working, s.inbound_shipped,
           s.inbound_receiving, s.unsellable, s.researching, s.total, CAST(NULL AS BIGINT) AS ledger_sellable,
           CAST(NULL AS BIGINT) AS ledger_unsellable,
           CAST(NULL AS BIGINT) AS ledger_in_transit, CAST(NULL AS BIGINT) AS ledger_received,
           CAST(NULL AS BIGINT) AS ledger_shipped, CAST(NULL AS BIGINT) AS ledger_returned,
           CAST(NULL AS BIGINT) AS ledger_lost, CAST(NULL AS BIGINT) AS ledger_damaged,
           CAST(NULL AS BIGINT) AS awd_available, CAST(NULL AS BIGINT) AS awd_reserved,
           CAST(NULL AS BIGINT) AS awd_replenishing, CAST(NULL AS BIGINT) AS awd_inbound,
           CAST(NULL AS BIGINT) AS own_warehouse, CAST(NULL AS BIGINT) AS on_order
    FROM snapshots AS s
    JOIN chosen AS c
      ON c.account_id = s.account_id AND c.marketplace_id = s.marketplace_id AND c.day = s.day AND c.source = s.source
     AND c.snapshot_at = s.snapshot_at AND c.place = 1
    UNION ALL
    SELECT l.account_id, COALESCE(c.id, ''), l.date, l.msku, l.fnsku, l.asin, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL,
           CASE WHEN l.disposition = 'SELLABLE' THEN COALESCE(l.ending_warehouse_balance, 0) ELSE 0 END,
           CASE WHEN l.disposition = 'SELLABLE' THEN 0 ELSE COALESCE(l.ending_warehouse_balance, 0) END,
           COALESCE(l.in_transit_between_warehouses, 0), COALESCE(l.receipts, 0), -COALESCE(l.customer_shipments, 0),
           COALESCE(l.customer_returns, 0), -COALESCE(l.lost, 0) - COALESCE(l.found, 0), COALESCE(l.damaged, 0),
           NULL, NULL, NULL, NULL, NULL, NULL
    FROM {{ source('amazon_sp.inventory_ledger_summary') }} AS l
    LEFT JOIN countries AS c ON c.code = l.location
),
awd_taken AS (
    SELECT a.account_id, CAST(a.snapshot_at AT TIME ZONE 'UTC' AS DATE) AS day, MAX(a.snapshot_at) AS snapshot_at
    FROM {{ source('amazon_sp.awd_inventory') }} AS a
    GROUP BY a.account_id, CAST(a.snapshot_at AT TIME ZONE 'UTC' AS DATE)
),
days AS (
    SELECT p.account_id, p.day FROM parts AS p GROUP BY p.account_id, p.day
),
everywhere AS (
    SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.fnsku, p.asin, p.snapshot_at, p.available, p.fc_transfer,
           p.fc_processing, p.reserved_customer_orders, p.reserved, p.inbound_working, p.inbound_shipped,
           p.inbound_receiving, p.unsellable, p.researching, p.total, p.ledger_sellable, p.ledger_unsellable,
           p.ledger_in_transit, p.ledger_received, p.ledger_shipped, p.ledger_returned, p.ledger_lost, p.ledger_damaged,
           p.awd_available, p.awd_reserved, p.awd_replenishing, p.awd_inbound, p.own_warehouse, p.on_order
    FROM parts AS p
    UNION ALL
    SELECT a.account_id, '', t.day, a.sku, NULL, NULL, a.snapshot_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, a.available_distributable_quantity,
           a.reserved_distributable_quantity, a.replenishment_quantity, a.total_inbound_quantity, NULL, NULL
    FROM {{ source('amazon_sp.awd_inventory') }} AS a
    JOIN awd_taken AS t ON t.account_id = a.account_id AND t.snapshot_at = a.snapshot_at
    UNION ALL
    SELECT e.account_id, '', d.day, e.sku, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           CASE WHEN e.kind = 'warehouse' THEN e.quantity END, CASE WHEN e.kind <> 'warehouse' THEN e.quantity END
    FROM {{ source('reference.stock_elsewhere') }} AS e
    JOIN days AS d ON d.account_id = e.account_id AND d.day >= e.valid_from AND d.day <= COALESCE(e.valid_to, d.day)
),
summed AS (
    SELECT e.account_id, e.marketplace_id, e.day, e.sku, MAX(e.fnsku) AS fnsku, MAX(e.asin) AS asin,
           MAX(e.snapshot_at) AS snapshot_at, SUM(e.available) AS available, SUM(e.fc_transfer) AS fc_transfer,
           SUM(e.fc_processing) AS fc_processing, SUM(e.reserved_customer_orders) AS reserved_customer_orders,
           SUM(e.reserved) AS reserved, SUM(e.inbound_working) AS inbound_working,
           SUM(e.inbound_shipped) AS inbound_shipped, SUM(e.inbound_receiving) AS inbound_receiving,
           SUM(e.unsellable) AS unsellable, SUM(e.researching) AS researching, SUM(e.total) AS total,
           SUM(e.ledger_sellable) AS ledger_sellable, SUM(e.ledger_unsellable) AS ledger_unsellable,
           SUM(e.ledger_in_transit) AS ledger_in_transit, SUM(e.ledger_received) AS ledger_received,
           SUM(e.ledger_shipped) AS ledger_shipped, SUM(e.ledger_returned) AS ledger_returned,
           SUM(e.ledger_lost) AS ledger_lost, SUM(e.ledger_damaged) AS ledger_damaged,
           SUM(e.awd_available) AS awd_available, SUM(e.awd_reserved) AS awd_reserved,
           SUM(e.awd_replenishing) AS awd_replenishing, SUM(e.awd_inbound) AS awd_inbound,
           SUM(e.own_warehouse) AS own_warehouse, SUM(e.on_order) AS on_order
    FROM everywhere AS e
    WHERE e.sku IS NOT NULL AND e.sku <> ''
    GROUP BY e.account_id, e.marketplace_id, e.day, e.sku
),
ledger_days AS (
    SELECT l.account_id, l.date AS day FROM {{ source('amazon_sp.inventory_ledger_summary') }} AS l
    GROUP BY l.account_id, l.date
),
pooled AS (
    SELECT s.account_id, s.marketplace_id, s.day, s.sku, s.fnsku, s.asin,
           COALESCE(p.stock_pool, s.marketplace_id) AS stock_pool, s.snapshot_at, s.available, s.fc_transfer,
           s.fc_processing, s.reserved_customer_orders, s.reserved, s.inbound_working, s.inbound_shipped,
           s.inbound_receiving, s.unsellable, s.researching, s.total, s.ledger_sellable, s.ledger_unsellable,
           s.ledger_in_transit, s.ledger_received, s.ledger_shipped, s.ledger_returned, s.ledger_lost, s.ledger_damaged,
           s.awd_available, s.awd_reserved, s.awd_replenishing, s.awd_inbound, s.own_warehouse, s.on_order,
           c.day IS NOT NULL AS has_snapshot, l.day IS NOT NULL AS has_ledger
    FROM summed AS s
    LEFT JOIN {{ source('reference.stock_pool') }} AS p ON p.marketplace_id = s.marketplace_id
    LEFT JOIN chosen AS c
      ON c.account_id = s.account_id AND c.marketplace_id = s.marketplace_id AND c.day = s.day AND c.place = 1
    LEFT JOIN ledger_days AS l ON l.account_id = s.account_id AND l.day = s.day
)
SELECT p.account_id, p.marketplace_id, p.day, p.sku, p.fnsku, p.asin, p.stock_pool,
       ROW_NUMBER() OVER (
           PARTITION BY p.account_id, p.stock_pool, p.day, p.sku ORDER BY COALESCE(p.total, -1) DESC, p.marketplace_id
       ) = 1 AS is_counted,
       p.snapshot_at, p.available, p.fc_transfer, p.fc_processing, p.reserved_customer_orders, p.reserved,
       p.inbound_working, p.inbound_shipped, p.inbound_receiving, p.unsellable, p.researching, p.total,
       p.ledger_sellable, p.ledger_unsellable, p.ledger_in_transit, p.ledger_received, p.ledger_shipped,
       p.ledger_returned, p.ledger_lost, p.ledger_damaged, COALESCE(p.available, p.ledger_sellable) AS sellable,
       p.awd_available, p.awd_reserved, p.awd_replenishing, p.awd_inbound, p.own_warehouse, p.on_order,
       CASE WHEN p.marketplace_id = '' OR p.has_snapshot THEN 'complete' ELSE 'estimated' END AS status,
       LTRIM(CASE WHEN p.has_ledger THEN '' ELSE ', ledger' END
             || CASE WHEN p.marketplace_id = '' OR p.has_snapshot THEN '' ELSE ', snapshot' END, ', ') AS missing
FROM pooled AS p
