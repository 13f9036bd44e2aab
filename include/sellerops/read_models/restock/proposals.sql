WITH RECURSIVE marketplace AS (
    (SELECT account_id, marketplace_id FROM sellerops_marts.restock ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT further.account_id, further.marketplace_id
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT r.account_id, r.marketplace_id FROM sellerops_marts.restock AS r
        WHERE (r.account_id, r.marketplace_id) > (marketplace.account_id, marketplace.marketplace_id)
        ORDER BY 1, 2 LIMIT 1
    ) AS further
), newest AS MATERIALIZED (
    SELECT marketplace.account_id, max(last.day) AS day
    FROM marketplace
    CROSS JOIN LATERAL (
        SELECT max(r.day) AS day FROM sellerops_marts.restock AS r
        WHERE r.account_id = marketplace.account_id AND r.marketplace_id = marketplace.marketplace_id
    ) AS last
    WHERE %(accounts)s::text[] IS NULL OR marketplace.account_id = ANY (%(accounts)s)
    GROUP BY marketplace.account_id
), place AS MATERIALIZED (
    SELECT marketplace.account_id, marketplace.marketplace_id, newest.day, market.code,
           CASE WHEN %(in_reporting)s THEN setting.reporting_currency ELSE market.currency END AS currency,
           CASE WHEN NOT %(in_reporting)s OR setting.reporting_currency = market.currency THEN 1
                ELSE (SELECT rate FROM sellerops_reference.fx_rate AS fx
                      WHERE fx.day BETWEEN newest.day - 30 AND newest.day
                        AND fx.from_currency = market.currency AND fx.to_currency = setting.reporting_currency
                      ORDER BY fx.day DESC LIMIT 1) END AS factor
    FROM marketplace
    JOIN newest USING (account_id)
    LEFT JOIN sellerops.marketplace AS market ON market.id = marketplace.marketplace_id
    LEFT JOIN sellerops_reference.account_setting AS setting ON setting.account_id = marketplace.account_id
), found AS NOT MATERIALIZED (
    SELECT r.account_id, r.marketplace_id, coalesce(p.code, r.marketplace_id) AS marketplace, r.stock_pool,
           r.sku, product.title, r.fnsku, r.day, r.order_status, r.order_by, r.order_quantity,
           coalesce(string_to_array(nullif(r.order_quantity_reason, ''), ', '), '{}') AS order_quantity_reason,
           r.needed, coalesce(r.supplier, '') AS supplier, coalesce(r.route, '') AS route, r.case_pack,
           r.moq, p.currency, r.unit_cost * p.factor AS unit_cost, r.cash_needed * p.factor AS cash_needed,
           r.cash_deposit * p.factor AS cash_deposit, r.cash_balance * p.factor AS cash_balance,
           r.cash_balance_on, r.fits_budget, r.available, r.fc_transfer, r.fc_processing, r.customer_orders,
           r.inbound_working, r.inbound_shipped, r.inbound_receiving, r.inbound_expected_on,
           r.awd_available, r.awd_reserved, r.awd_inbound, r.own_warehouse, r.open_orders,
           r.open_orders_expected_on, r.later_units, r.position, r.next_arrival_on, r.lead_time_days,
           r.lead_time_sd_days, r.check_in_days, r.review_days, r.protection_days, r.service_level,
           coalesce(r.service_level_from, '') AS service_level_from, coalesce(r.abc_class, '') AS abc_class,
           r.demand_p50, r.demand_p90, r.daily_units, r.reorder_point, r.safety_stock,
           r.safety_stock_formula, r.target, r.cover_days, r.stock_out_on, r.stock_out_early_on,
           r.lost_units, r.unit_margin * p.factor AS unit_margin, r.lost_margin * p.factor AS lost_margin,
           r.fee_weeks, r.fee_expected * p.factor AS fee_expected, r.fee_first_week,
           r.fee_amazon_expects * p.factor AS fee_amazon_expects, r.days_of_supply_30, r.days_of_supply_90,
           r.amazon_quantity, r.amazon_ship_by, r.amazon_minimum_level, r.override_quantity,
           r.override_reason, r.override_by, r.override_until, r.forecast_day, r.status,
           coalesce(string_to_array(nullif(r.missing, ''), ', '), '{}') AS missing,
           CASE WHEN %(sees_costs)s THEN r.lost_margin * p.factor END AS rank_margin
    FROM place AS p
    -- OFFSET 0: one look into the index per marketplace, instead of a scan of all days.
    CROSS JOIN LATERAL (
        SELECT one.* FROM sellerops_marts.restock AS one
        WHERE one.account_id = p.account_id AND one.marketplace_id = p.marketplace_id AND one.day = p.day
        OFFSET 0
    ) AS r
    LEFT JOIN sellerops_marts.product AS product ON product.account_id = r.account_id AND product.sku = r.sku
    WHERE (%(marketplaces)s::text[] IS NULL OR r.marketplace_id = ANY (%(marketplaces)s)
           OR r.stock_pool IN (SELECT pool.stock_pool FROM sellerops_reference.stock_pool AS pool
                               WHERE pool.marketplace_id = ANY (%(marketplaces)s)))
      AND (%(keys)s::text[] IS NULL
           OR r.account_id || '|' || r.marketplace_id || '|' || r.sku = ANY (%(keys)s))
      AND (%(search)s::text IS NULL OR r.sku ILIKE %(search)s OR product.title ILIKE %(search)s)
      AND (%(supplier)s::text IS NULL OR r.supplier = %(supplier)s)
      AND (%(statuses)s::text[] IS NULL OR r.order_status = ANY (%(statuses)s))
      AND (NOT %(is_due)s OR (r.order_quantity > 0 AND (r.order_status IN ('order_now', 'soon')
                                                         OR r.override_quantity IS NOT NULL)))
), page AS (
    SELECT found.*,
           (SELECT f.p10 FROM sellerops_marts.forecast AS f
            WHERE f.account_id = found.account_id AND f.marketplace_id = found.marketplace_id
              AND f.day = found.forecast_day AND f.sku = found.sku) AS demand_p10
    FROM found
    ORDER BY {order_by}, rank_margin DESC NULLS LAST, lost_units DESC NULLS LAST, account_id, marketplace_id, sku
    LIMIT %(limit)s OFFSET %(offset)s
), totals AS (
    SELECT count(*) AS row_count,
           '' AS account_id, '' AS marketplace_id, '' AS marketplace, '' AS stock_pool, '' AS sku,
           NULL::text AS title, NULL::text AS fnsku, max(day) AS day, '' AS order_status,
           min(order_by) AS order_by, sum(order_quantity)::bigint AS order_quantity,
           '{}'::text[] AS order_quantity_reason, sum(needed) AS needed, '' AS supplier, '' AS route,
           NULL::bigint AS case_pack, NULL::bigint AS moq,
           CASE WHEN min(currency) = max(currency) THEN min(currency) END AS currency,
           NULL::numeric AS unit_cost,
           CASE WHEN min(currency) = max(currency) THEN sum(cash_needed) END AS cash_needed,
           CASE WHEN min(currency) = max(currency) THEN sum(cash_deposit) END AS cash_deposit,
           CASE WHEN min(currency) = max(currency) THEN sum(cash_balance) END AS cash_balance,
           NULL::date AS cash_balance_on, NULL::boolean AS fits_budget, sum(available)::bigint AS available,
           sum(fc_transfer)::bigint AS fc_transfer, sum(fc_processing)::bigint AS fc_processing,
           sum(customer_orders)::bigint AS customer_orders, sum(inbound_working)::bigint AS inbound_working,
           sum(inbound_shipped)::bigint AS inbound_shipped, sum(inbound_receiving)::bigint AS inbound_receiving,
           NULL::date AS inbound_expected_on, sum(awd_available)::bigint AS awd_available,
           sum(awd_reserved)::bigint AS awd_reserved, sum(awd_inbound)::bigint AS awd_inbound,
           sum(own_warehouse)::bigint AS own_warehouse, sum(open_orders)::bigint AS open_orders,
           NULL::date AS open_orders_expected_on, sum(later_units)::bigint AS later_units,
           sum(position)::bigint AS position, NULL::date AS next_arrival_on, NULL::numeric AS lead_time_days,
           NULL::numeric AS lead_time_sd_days, NULL::numeric AS check_in_days, NULL::bigint AS review_days,
           NULL::bigint AS protection_days, NULL::numeric AS service_level, '' AS service_level_from,
           '' AS abc_class, sum(demand_p50) AS demand_p50, NULL::numeric AS demand_p90,
           sum(daily_units) AS daily_units, NULL::numeric AS reorder_point, NULL::numeric AS safety_stock,
           NULL::numeric AS safety_stock_formula, NULL::numeric AS target, NULL::numeric AS cover_days,
           NULL::date AS stock_out_on, NULL::date AS stock_out_early_on, sum(lost_units) AS lost_units,
           NULL::numeric AS unit_margin,
           CASE WHEN min(currency) = max(currency) THEN sum(lost_margin) END AS lost_margin,
           NULL::bigint AS fee_weeks,
           CASE WHEN min(currency) = max(currency) THEN sum(fee_expected) END AS fee_expected,
           NULL::date AS fee_first_week,
           CASE WHEN min(currency) = max(currency) THEN sum(fee_amazon_expects) END AS fee_amazon_expects,
           NULL::numeric AS days_of_supply_30, NULL::numeric AS days_of_supply_90,
           sum(amazon_quantity)::bigint AS amazon_quantity, NULL::date AS amazon_ship_by,
           NULL::bigint AS amazon_minimum_level, NULL::bigint AS override_quantity,
           NULL::text AS override_reason, NULL::text AS override_by, NULL::date AS override_until,
           NULL::date AS forecast_day,
           CASE WHEN bool_or(status = 'incomplete') THEN 'incomplete' WHEN bool_or(status = 'estimated') THEN 'estimated'
                ELSE 'complete' END AS status,
           array(SELECT DISTINCT word
                 FROM unnest(string_to_array(string_agg(DISTINCT array_to_string(found.missing, ', ') COLLATE "C", ', '), ', '))
                      AS word
                 WHERE word <> '' ORDER BY word) AS missing,
           NULL::numeric AS rank_margin, NULL::numeric AS demand_p10
    FROM found
)
SELECT false AS is_totals, (SELECT row_count FROM totals) AS row_count, page.* FROM page
UNION ALL
SELECT true, totals.* FROM totals
ORDER BY is_totals, {order_by}, rank_margin DESC NULLS LAST, lost_units DESC NULLS LAST, account_id, marketplace_id, sku
