-- description: >-
--   FBA inbound shipments by SKU in their latest known state: expected, received and open units, and the dates that
--   Amazon or the inventory ledger tells.
-- group: daily
-- grain: [account_id, marketplace_id, shipment_id, sku]
-- partition: [account_id, marketplace_id]
-- inputs:
--   amazon_sp.inbound_shipments: {}
--   amazon_sp.inbound_shipment_items: {}
--   amazon_sp.inbound_plan_shipments: {marketplace: false}
--   receipts_day: {marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace."}
--   shipment_id: {type: text, description: "Amazon's id of the shipment (FBA...)."}
--   sku: {type: text, description: "Seller's SKU."}
--   fnsku: {type: text, description: "Amazon's SKU in its warehouses."}
--   name: {type: text, description: "Your name of the shipment."}
--   shipment_status: {type: text, description: "Amazon's status: WORKING, SHIPPED, RECEIVING, CLOSED, ..."}
--   stage: {type: text, description: "working, shipped, receiving, closed or cancelled: the column of stock the open units are in."}
--   warehouse: {type: text, description: "Amazon's warehouse that it goes to."}
--   created_on: {type: date, description: "Day its inbound plan was created (UTC); null for shipments without one."}
--   ready_on: {type: date, description: "First day it is ready to ship, by its plan (UTC)."}
--   expected_on: {type: date, description: "Last day of the delivery window of its plan (UTC), else the day Amazon needs it by. Null: neither is known."}
--   first_received_on: {type: date, description: "First day with a receipt in the inventory ledger."}
--   last_received_on: {type: date, description: "Last such day."}
--   units_shipped: {type: integer, unit: units, description: "Units that the shipment announces."}
--   units_received: {type: integer, unit: units, description: "Units received, as the shipment shows them."}
--   units_in_ledger: {type: integer, unit: units, description: "Units received, as the inventory ledger books them; null: it has none of this shipment."}
--   units_open: {type: integer, unit: units, description: "Units still to come: 0 once closed or cancelled, and never negative."}
--   units_difference: {type: integer, unit: units, description: "Received minus shipped of a closed shipment: negative are lost, positive are surplus. Null until then."}
--   status: {type: text, description: "complete once closed or cancelled, else estimated: counts still change; incomplete: the items are not known."}
--   missing: {type: text, description: "expected_date: an open shipment says none; items: its items are not known."}
WITH plans AS (
    SELECT p.account_id, p.shipment_confirmation_id AS shipment_id,
           MIN(CAST(p.created_at AT TIME ZONE 'UTC' AS DATE)) AS created_on,
           MIN(CAST(p.ready_to_ship_start AT TIME ZONE 'UTC' AS DATE)) AS ready_on,
           MAX(CAST(p.delivery_window_end AT TIME ZONE 'UTC' AS DATE)) AS expected_on
    FROM {{ source('amazon_sp.inbound_plan_shipments') }} AS p
    WHERE p.shipment_confirmation_id IS NOT NULL
    GROUP BY p.account_id, p.shipment_confirmation_id
),
receipts AS (
    SELECT r.account_id, r.shipment_id, r.sku, MIN(CASE WHEN r.units > 0 THEN r.day END) AS first_received_on,
           MAX(CASE WHEN r.units > 0 THEN r.day END) AS last_received_on, SUM(r.units) AS units
    FROM {{ ref('receipts_day') }} AS r
    GROUP BY r.account_id, r.shipment_id, r.sku
),
items AS (
    SELECT i.account_id, i.marketplace_id, i.shipment_id, i.seller_sku AS sku, MAX(i.fulfillment_network_sku) AS fnsku,
           SUM(i.quantity_shipped) AS units_shipped, SUM(COALESCE(i.quantity_received, 0)) AS units_received
    FROM {{ source('amazon_sp.inbound_shipment_items') }} AS i
    GROUP BY i.account_id, i.marketplace_id, i.shipment_id, i.seller_sku
),
joined AS (
    SELECT s.account_id, s.marketplace_id, s.shipment_id, COALESCE(i.sku, '') AS sku, i.fnsku, s.shipment_name AS name,
           s.shipment_status, s.destination_fulfillment_center_id AS warehouse, p.created_on, p.ready_on,
           COALESCE(p.expected_on, s.confirmed_need_by_date) AS expected_on, r.first_received_on, r.last_received_on,
           i.units_shipped, i.units_received, r.units AS units_in_ledger, i.sku IS NULL AS lacks_items,
           CASE WHEN s.shipment_status IN ('WORKING', 'READY_TO_SHIP') THEN 'working'
                WHEN s.shipment_status = 'RECEIVING' THEN 'receiving'
                WHEN s.shipment_status = 'CLOSED' THEN 'closed'
                WHEN s.shipment_status IN ('CANCELLED', 'DELETED', 'ERROR') THEN 'cancelled'
                ELSE 'shipped' END AS stage
    FROM {{ source('amazon_sp.inbound_shipments') }} AS s
    LEFT JOIN items AS i
      ON i.account_id = s.account_id AND i.marketplace_id = s.marketplace_id AND i.shipment_id = s.shipment_id
    LEFT JOIN plans AS p ON p.account_id = s.account_id AND p.shipment_id = s.shipment_id
    LEFT JOIN receipts AS r ON r.account_id = s.account_id AND r.shipment_id = s.shipment_id AND r.sku = i.sku
)
SELECT j.account_id, j.marketplace_id, j.shipment_id, j.sku, j.fnsku, j.name, j.shipment_status, j.stage, j.warehouse,
       j.created_on, j.ready_on, j.expected_on, j.first_received_on, j.last_received_on, j.units_shipped,
       j.units_received, j.units_in_ledger,
       CASE WHEN j.stage IN ('closed', 'cancelled') OR j.units_received >= j.units_shipped THEN 0
            ELSE j.units_shipped - j.units_received END AS units_open,
       CASE WHEN j.stage = 'closed' THEN j.units_received - j.units_shipped END AS units_difference,
       CASE WHEN j.lacks_items THEN 'incomplete'
            WHEN j.stage IN ('closed', 'cancelled') THEN 'complete'
            ELSE 'estimated' END AS status,
       LTRIM(CASE WHEN j.expected_on IS NULL AND j.stage NOT IN ('closed', 'cancelled') THEN ', expected_date' ELSE '' END
             || CASE WHEN j.lacks_items THEN ', items' ELSE '' END, ', ') AS missing
FROM joined AS j
