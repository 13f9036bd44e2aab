-- description: "Units for which Amazon owes a reimbursement: lost, damaged, received short, or refunded and not sent back."
-- group: money
-- grain: [account_id, kind, reference, sku, day, currency]
-- partition: [account_id]
-- inputs:
--   loss_event: {}
--   receipts_day: {}
--   amazon_sp.reimbursements: {}
--   amazon_sp.fba_customer_returns: {}
--   amazon_sp.inbound_shipments: {}
--   amazon_sp.inbound_shipment_items: {}
--   reference.cost: {marketplace: false}
--   reference.fee_rule: {account: false}
--   reference.calendar: {account: false, marketplace: false}
-- columns:
--   account_id: {type: text, description: "Account of config/accounts.yaml."}
--   marketplace_id: {type: text, description: "Amazon's id of the marketplace; empty: not known, or several."}
--   day: {type: date, description: "Day of the loss, of the last receipt of the shipment, or of the refund."}
--   kind: {type: text, description: "lost, damaged, short_received (of an inbound shipment) or not_returned (refunded, but not sent back)."}
--   reference: {type: text, description: "Inbound shipment or order; else empty."}
--   sku: {type: text, description: "SKU; empty: amounts that no SKU is named for."}
--   fnsku: {type: text, description: "FNSKU; empty: not known."}
--   quantity: {type: integer, unit: units, description: "Units of the event."}
--   reimbursed: {type: integer, unit: units, description: "Units that came back, were found or reimbursed since; the oldest event first."}
--   open: {type: integer, unit: units, description: "quantity - reimbursed."}
--   claim_from: {type: date, description: "First day on which you can claim."}
--   claim_until: {type: date, description: "Last day on which you can claim."}
--   as_of: {type: date, description: "Newest day of the reports that this is worked out from."}
--   days_left: {type: integer, unit: days, description: "Days from as_of to claim_until; negative: too late."}
--   is_claimable: {type: boolean, description: "Whether you could claim on as_of."}
--   value_basis: {type: text, description: "manufacturing_cost of losses in warehouses since 31 March 2025, else price_less_fees."}
--   unit_value: {type: decimal, unit: currency, cost: true, description: "Value of a unit; null: cost or price is unknown."}
--   value: {type: decimal, unit: currency, cost: true, description: "open x unit_value."}
--   currency: {type: text, description: "Currency of the values: of costs the one you gave them in."}
--   status: {type: text, description: "complete, or incomplete without a value."}
--   missing: {type: text, description: "What is missing, in alphabetical order: cost, price; empty: nothing."}
-- tests:
--   not_more_than_lost:
--     description: Never more units are open than were lost.
--     sql: "SELECT t.sku FROM {{ this }} AS t WHERE t.open <= 0 OR t.open > t.quantity"
WITH newest AS (
    SELECT d.account_id, MAX(d.day) AS as_of
    FROM (
        SELECT e.account_id, e.day FROM {{ ref('loss_event') }} AS e
        UNION ALL
        SELECT r.account_id, r.day FROM {{ ref('receipts_day') }} AS r
        UNION ALL
        SELECT b.account_id, CAST(b.approval_date AT TIME ZONE 'UTC' AS DATE) AS day FROM {{ source('amazon_sp.reimbursements') }} AS b
    ) AS d
    GROUP BY d.account_id
),
paid AS (
    SELECT b.account_id, b.sku, COALESCE(b.currency_unit, '') AS currency,
           CASE WHEN LOWER(b.reason) = 'reimbursement_reversal' THEN LOWER(COALESCE(b.original_reimbursement_type, ''))
                ELSE LOWER(COALESCE(b.reason, '')) END AS reason,
           COALESCE(b.amazon_order_id, '') AS order_id,
           CAST(b.approval_date AT TIME ZONE 'UTC' AS DATE) AS day,
           b.quantity_reimbursed_total AS units
    FROM {{ source('amazon_sp.reimbursements') }} AS b
),
received AS (
    SELECT r.account_id, r.shipment_id, MAX(r.day) AS day
    FROM {{ ref('receipts_day') }} AS r
    GROUP BY r.account_id, r.shipment_id
),
in_stock AS (
    SELECT e.account_id, CASE WHEN COUNT(DISTINCT e.marketplace_id) = 1 THEN MIN(e.marketplace_id) ELSE '' END AS marketplace_id,
           e.kind, '' AS reference, e.sku, MIN(e.fnsku) AS fnsku, e.day, e.currency,
           SUM(e.quantity) AS quantity, SUM(e.reconciled) AS returned
    FROM {{ ref('loss_event') }} AS e
    WHERE e.kind IN ('lost', 'damaged')
    GROUP BY e.account_id, e.kind, e.sku, e.day, e.currency
    UNION ALL
    SELECT i.account_id, '' AS marketplace_id, 'short_received' AS kind, i.shipment_id AS reference, i.seller_sku AS sku,
           COALESCE(i.fulfillment_network_sku, '') AS fnsku, COALESCE(r.day, s.confirmed_need_by_date) AS day, '' AS currency,
           i.quantity_shipped AS quantity, COALESCE(i.quantity_received, 0) AS returned
    FROM {{ source('amazon_sp.inbound_shipment_items') }} AS i
    INNER JOIN {{ source('amazon_sp.inbound_shipments') }} AS s
        ON s.account_id = i.account_id AND s.shipment_id = i.shipment_id
    LEFT JOIN received AS r ON r.account_id = i.account_id AND r.shipment_id = i.shipment_id
    WHERE s.shipment_status = 'CLOSED' AND i.quantity_shipped > COALESCE(i.quantity_received, 0)
      AND COALESCE(r.day, s.confirmed_need_by_date) IS NOT NULL
),
-- Reimbursements name no event: they pay the oldest open one of the SKU.
queued AS (
    SELECT i.account_id, i.marketplace_id, i.kind, i.reference, i.sku, i.fnsku, i.day, i.currency, i.quantity, i.returned,
           SUM(i.quantity - i.returned) OVER (
               PARTITION BY i.account_id, i.kind, i.sku, i.currency
               ORDER BY i.day, MD5(i.reference)
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) AS up_to_here
    FROM in_stock AS i
),
paid_kinds AS (
    SELECT p.account_id, p.sku, p.currency, p.day, p.units,
           CASE WHEN p.reason LIKE '%inbound%' THEN 'short_received'
                WHEN p.reason LIKE 'lost%' THEN 'lost'
                WHEN p.reason LIKE 'damaged%' THEN 'damaged'
                ELSE '' END AS kind
    FROM paid AS p
),
first_days AS (
    SELECT i.account_id, i.kind, i.sku, i.currency, MIN(i.day) AS day
    FROM in_stock AS i
    GROUP BY i.account_id, i.kind, i.sku, i.currency
),
paid_totals AS (
    SELECT f.account_id, f.kind, f.sku, f.currency, SUM(p.units) AS units
    FROM first_days AS f
    INNER JOIN paid_kinds AS p
        ON p.account_id = f.account_id AND p.kind = f.kind AND p.sku = f.sku AND p.day >= f.day
        AND (f.currency = '' OR p.currency = f.currency)
    GROUP BY f.account_id, f.kind, f.sku, f.currency
),
allotted AS (
    SELECT q.account_id, q.marketplace_id, q.kind, q.reference, q.sku, q.fnsku, q.day, q.currency, q.quantity, q.returned,
           q.quantity - q.returned AS lacking,
           COALESCE(p.units, 0) - (q.up_to_here - (q.quantity - q.returned)) AS left_to_allot
    FROM queued AS q
    LEFT JOIN paid_totals AS p
        ON p.account_id = q.account_id AND p.kind = q.kind AND p.sku = q.sku AND p.currency = q.currency
),
warehouse AS (
    SELECT a.account_id, a.marketplace_id, a.kind, a.reference, a.sku, a.fnsku, a.day, a.currency, a.quantity,
           a.returned + CASE WHEN a.left_to_allot <= 0 THEN 0 WHEN a.left_to_allot > a.lacking THEN a.lacking ELSE a.left_to_allot END AS reimbursed,
           0 AS unit_loss
    FROM allotted AS a
),
came_back AS (
    SELECT c.account_id, c.order_id, c.sku, SUM(c.quantity) AS units
    FROM {{ source('amazon_sp.fba_customer_returns') }} AS c
    GROUP BY c.account_id, c.order_id, c.sku
),
paid_orders AS (
    SELECT p.account_id, p.order_id, p.sku, SUM(p.units) AS units
    FROM paid AS p
    WHERE p.order_id <> ''
    GROUP BY p.account_id, p.order_id, p.sku
),
-- What came back names no refund: it is that of the oldest refund of the order and SKU.
refunds AS (
    SELECT e.account_id, e.marketplace_id, e.reference, e.sku, e.fnsku, e.day, e.currency, e.quantity,
           ROUND(-e.amount / NULLIF(e.quantity, 0), 6) AS unit_loss,
           COALESCE(c.units, 0) + COALESCE(p.units, 0) - SUM(e.quantity) OVER (
               PARTITION BY e.account_id, e.reference, e.sku
               ORDER BY e.day, MD5(e.marketplace_id || e.currency)
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
           ) + e.quantity AS left_to_allot
    FROM {{ ref('loss_event') }} AS e
    LEFT JOIN came_back AS c ON c.account_id = e.account_id AND c.order_id = e.reference AND c.sku = e.sku
    LEFT JOIN paid_orders AS p ON p.account_id = e.account_id AND p.order_id = e.reference AND p.sku = e.sku
    WHERE e.kind = 'refunded'
),
customers AS (
    SELECT r.account_id, r.marketplace_id, 'not_returned' AS kind, r.reference, r.sku, r.fnsku, r.day, r.currency, r.quantity,
           CASE WHEN r.left_to_allot <= 0 THEN 0 WHEN r.left_to_allot > r.quantity THEN r.quantity ELSE r.left_to_allot END AS reimbursed,
           r.unit_loss
    FROM refunds AS r
),
events AS (
    SELECT w.account_id, w.marketplace_id, w.kind, w.reference, w.sku, w.fnsku, w.day, w.currency, w.quantity, w.reimbursed, w.unit_loss FROM warehouse AS w
    UNION ALL
    SELECT u.account_id, u.marketplace_id, u.kind, u.reference, u.sku, u.fnsku, u.day, u.currency, u.quantity, u.reimbursed, u.unit_loss FROM customers AS u
),
-- Limits that Amazon publishes; one row per rule and day, whatever the marketplace.
limits AS (
    SELECT r.rule, r.valid_from, r.valid_to, MAX(r.amount) AS amount
    FROM {{ source('reference.fee_rule') }} AS r
    WHERE r.rule IN ('reimbursement_claim_days', 'refund_return_days', 'reimbursement_at_manufacturing_cost')
    GROUP BY r.rule, r.valid_from, r.valid_to
),
dated AS (
    SELECT e.account_id, e.marketplace_id, e.kind, e.reference, e.sku, e.fnsku, e.day, e.currency, e.quantity, e.reimbursed, e.unit_loss,
           n.as_of,
           c.day_number + CASE WHEN e.kind = 'not_returned' THEN COALESCE(w.amount, 0) + 1 ELSE 0 END AS claim_from_number,
           c.day_number + COALESCE(l.amount, 60) + CASE WHEN e.kind = 'not_returned' THEN COALESCE(w.amount, 0) ELSE 0 END AS claim_until_number,
           CASE WHEN e.kind <> 'not_returned' AND m.amount = 1 THEN 'manufacturing_cost' ELSE 'price_less_fees' END AS value_basis
    FROM events AS e
    INNER JOIN newest AS n ON n.account_id = e.account_id
    INNER JOIN {{ source('reference.calendar') }} AS c ON c.day = e.day
    LEFT JOIN limits AS l ON l.rule = 'reimbursement_claim_days' AND e.day BETWEEN l.valid_from AND l.valid_to
    LEFT JOIN limits AS w ON w.rule = 'refund_return_days' AND e.day BETWEEN w.valid_from AND w.valid_to
    LEFT JOIN limits AS m ON m.rule = 'reimbursement_at_manufacturing_cost' AND e.day BETWEEN m.valid_from AND m.valid_to
    WHERE e.quantity > e.reimbursed
),
valued AS (
    SELECT d.account_id, d.marketplace_id, d.kind, d.reference, d.sku, d.fnsku, d.day, d.currency, d.quantity, d.reimbursed,
           d.as_of, d.claim_from_number, d.claim_until_number, d.value_basis, d.unit_loss,
           k.manufacturing, k.currency AS cost_currency,
           ROW_NUMBER() OVER (
               PARTITION BY d.account_id, d.kind, d.reference, d.sku, d.day, d.currency
               ORDER BY LENGTH(COALESCE(k.marketplace_id, '')) DESC, COALESCE(k.valid_from, d.day) DESC
           ) AS place
    FROM dated AS d
    LEFT JOIN {{ source('reference.cost') }} AS k
        ON k.account_id = d.account_id AND k.sku = d.sku
        AND (k.marketplace_id = '' OR k.marketplace_id = d.marketplace_id)
        AND d.day BETWEEN k.valid_from AND k.valid_to
)
SELECT v.account_id, v.marketplace_id, v.day, v.kind, v.reference, v.sku, v.fnsku, v.quantity, v.reimbursed,
       v.quantity - v.reimbursed AS open,
       f.day AS claim_from,
       u.day AS claim_until,
       v.as_of,
       v.claim_until_number - a.day_number AS days_left,
       a.day_number BETWEEN v.claim_from_number AND v.claim_until_number AS is_claimable,
       v.value_basis,
       CASE WHEN v.value_basis = 'manufacturing_cost' THEN v.manufacturing WHEN v.kind = 'not_returned' THEN v.unit_loss END AS unit_value,
       (v.quantity - v.reimbursed)
           * CASE WHEN v.value_basis = 'manufacturing_cost' THEN v.manufacturing WHEN v.kind = 'not_returned' THEN v.unit_loss END AS value,
       CASE WHEN v.value_basis = 'manufacturing_cost' THEN COALESCE(v.cost_currency, v.currency) ELSE v.currency END AS currency,
       CASE WHEN v.value_basis = 'manufacturing_cost' AND v.manufacturing IS NULL THEN 'incomplete'
            WHEN v.value_basis = 'price_less_fees' AND v.kind <> 'not_returned' THEN 'incomplete'
            ELSE 'complete' END AS status,
       CASE WHEN v.value_basis = 'manufacturing_cost' AND v.manufacturing IS NULL THEN 'cost'
            WHEN v.value_basis = 'price_less_fees' AND v.kind <> 'not_returned' THEN 'price'
            ELSE '' END AS missing
FROM valued AS v
INNER JOIN {{ source('reference.calendar') }} AS a ON a.day = v.as_of
LEFT JOIN {{ source('reference.calendar') }} AS f ON f.day_number = v.claim_from_number
LEFT JOIN {{ source('reference.calendar') }} AS u ON u.day_number = v.claim_until_number
WHERE v.place = 1
