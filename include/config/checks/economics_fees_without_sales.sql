-- description: Units that economics charges a referral fee for on days on which it has no sale of the marketplace at all.
-- inputs: [amazon_sp.economics, amazon_sp.economics_fees]
-- unit: units
-- tolerance: {absolute: 0}
-- holds_after: 3d
-- look_back: 35d
-- severity: partial_failure
WITH sold AS (
    SELECT account_id, marketplace_id, date AS day, sum(units_ordered) AS units, array_agg(DISTINCT load_id) AS loads
    FROM amazon_sp.economics WHERE date BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
charged AS (
    -- Of one SKU a fee may come a day after its sale; of a whole marketplace it never comes without any.
    SELECT account_id, marketplace_id, date AS day, sum(quantity) AS units
    FROM amazon_sp.economics_fees
    WHERE date BETWEEN %(first_day)s AND %(last_day)s AND fee_type_name IN ('ReferralFee', 'Referral fees')
    GROUP BY 1, 2, 3
)
SELECT s.account_id, s.marketplace_id, s.day, CASE WHEN s.units = 0 THEN coalesce(c.units, 0) ELSE 0 END AS left_value,
       0 AS right_value, jsonb_build_object('units_sold', s.units, 'units_charged', c.units, 'loads', s.loads) AS evidence
FROM sold AS s
LEFT JOIN charged AS c ON (c.account_id, c.marketplace_id, c.day) = (s.account_id, s.marketplace_id, s.day)
