-- title: Claim expires
-- description: Amazon owes a reimbursement, and the last day to claim it is near.
-- remedy: Open a case in Seller Central with the reference, and upload an invoice for the manufacturing cost.
-- severity: urgent
-- tells_costs: true
-- inputs: [owed]
-- thresholds:
--   days: Days until the last day to claim.
--   least_units: Fewer units are left out.
SELECT o.account_id, o.marketplace_id, concat_ws(' ', o.sku, o.kind, o.reference, o.day) AS subject,
       format('%%s units %%s on %%s, worth %%s; claim by %%s', o.open, replace(o.kind, '_', ' '), o.day,
              coalesce(round(o.value, 2) || ' ' || o.currency, 'unknown'), o.claim_until) AS summary,
       o.value / greatest(o.claim_until - %(today)s::date + 1, 1) AS money_per_day, o.currency,
       jsonb_build_object('kind', o.kind, 'reference', o.reference, 'units', o.open, 'value', o.value,
                          'claim_from', o.claim_from, 'claim_until', o.claim_until) AS evidence
FROM sellerops_marts.owed AS o
WHERE o.account_id = %(account_id)s AND o.open >= %(least_units)s AND o.claim_from <= %(today)s
  AND o.claim_until BETWEEN %(today)s AND %(today)s::date + %(days)s
