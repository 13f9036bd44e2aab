-- description: Units of each inbound shipment that Amazon booked in on a day, from the inventory ledger.
-- group: daily
-- grain: [account_id, day, shipment_id, sku]
-- partition: [account_id, day]
-- inputs:
--   amazon_sp.inventory_ledger_detail: {day: date, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   day: {type: date, description: "Day of the ledger, a calendar day of the warehouse's country."}
--   shipment_id: {type: text, description: "The ledger's reference: the inbound shipment."}
--   sku: {type: text, description: "Seller's SKU."}
--   units: {type: integer, unit: units, description: "Units received, corrections of receipts included."}
SELECT d.account_id, d.date AS day, d.reference_id AS shipment_id, d.msku AS sku, SUM(COALESCE(d.quantity, 0)) AS units
FROM {{ source('amazon_sp.inventory_ledger_detail') }} AS d
WHERE d.event_type = 'Receipts' AND d.reference_id IS NOT NULL AND d.msku IS NOT NULL
GROUP BY d.account_id, d.date, d.reference_id, d.msku
