-- description: "Units for which Amazon owes a reimbursement, per event."
-- group: money
-- grain: [account_id, day, kind, reference, sku]
-- partition: [account_id, day]
-- inputs:
--   transaction_line: {day: day}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: not known."}
--   day: {type: date, description: "Day of the loss, receipt or refund."}
--   kind: {type: text, description: "lost, damaged, short_received (of an inbound shipment) or not_returned (refunded, but not sent back)."}
--   reference: {type: text, description: "Shipment, order or fulfilment centre."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   fnsku: {type: text, description: "FNSKU; empty: not known."}
--   quantity: {type: integer, unit: units, description: "Units of the event."}
--   reimbursed: {type: integer, unit: units, description: "Units that Amazon found, reimbursed or received later."}
--   open: {type: integer, unit: units, description: "quantity - reimbursed."}
--   claim_from: {type: date, description: "First day on which you can claim."}
--   claim_until: {type: date, description: "Last day: 60 days after the event, for refunds 60 days after the last day of the return."}
--   value_basis: {type: text, description: "manufacturing_cost for losses in warehouses since 31 March 2025, price_less_fees otherwise."}
--   unit_value: {type: decimal, unit: currency, description: "Value of a unit; null: cost or price is unknown."}
--   value: {type: decimal, unit: currency, description: "open x unit_value."}
--   currency: {type: text, description: "Currency of all amounts without `_reporting`."}
--   status: {type: text, description: "complete, estimated (some amounts are not posted yet) or incomplete (something is missing)."}
--   missing: {type: text, description: "What is missing, in alphabetical order: cost, price; empty: nothing."}
SELECT x.account_id,
       x.marketplace_id,
       x.day,
       NULL AS kind,
       NULL AS reference,
       NULL AS sku,
       NULL AS fnsku,
       NULL AS quantity,
       NULL AS reimbursed,
       NULL AS open,
       NULL AS claim_from,
       NULL AS claim_until,
       NULL AS value_basis,
       NULL AS unit_value,
       NULL AS value,
       x.currency,
       NULL AS status,
       NULL AS missing
FROM {{ ref('transaction_line') }} AS x
WHERE 1 = 0
