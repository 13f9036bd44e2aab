-- Sums of each P&L line by marketplace, on the days of the orders; *_days: on how many days the line is known.
-- Amounts without a column in the reporting currency are converted at the rate of the day, as mart profit_day does.
WITH rated AS (
    SELECT p.*, coalesce(p.day >= o.open_from, false) AS lacks_orders,
           CASE WHEN %(in_reporting)s THEN p.reporting_currency ELSE p.currency END AS shown_currency,
           CASE WHEN %(in_reporting)s THEN x.rate ELSE 1 END AS rate
    FROM sellerops_marts.profit_day AS p
    LEFT JOIN sellerops_reference.fx_rate AS x
        ON x.day = p.day AND x.from_currency = p.currency AND x.to_currency = p.reporting_currency
    LEFT JOIN unnest(%(open_accounts)s::text[], %(open_marketplaces)s::text[], %(open_from)s::date[])
            AS o (account_id, marketplace_id, open_from)
        ON o.account_id = p.account_id AND o.marketplace_id = p.marketplace_id
    WHERE p.day BETWEEN %(start)s AND %(end)s
      AND (%(accounts)s::text[] IS NULL OR p.account_id = ANY (%(accounts)s))
      AND (%(marketplaces)s::text[] IS NULL OR p.marketplace_id = ANY (%(marketplaces)s))
),
amounts AS (
    SELECT account_id, marketplace_id, shown_currency, day, units, open_units,
           CASE WHEN lacks_orders THEN 'incomplete' ELSE status END AS status,
           concat_ws(', ', missing, CASE WHEN lacks_orders THEN 'orders' END) AS missing,
           fee_difference * rate AS fee_difference,
           CASE WHEN %(in_reporting)s THEN product_sales_reporting ELSE product_sales END AS product_sales,
           shipping_income * rate AS shipping_income,
           gift_wrap_income * rate AS gift_wrap_income,
           other_income * rate AS other_income,
           refunds * rate AS refunds,
           promotions * rate AS promotions,
           referral_fees * rate AS referral_fees,
           closing_fees * rate AS closing_fees,
           digital_services_fees * rate AS digital_services_fees,
           fulfilment_fees * rate AS fulfilment_fees,
           return_fees * rate AS return_fees,
           refund_admin_fees * rate AS refund_admin_fees,
           chargebacks * rate AS chargebacks,
           merchant_shipping * rate AS merchant_shipping,
           other_cm1 * rate AS other_cm1,
           CASE WHEN %(in_reporting)s THEN cogs_reporting ELSE cogs END AS cogs,
           cogs_returned * rate AS cogs_returned,
           CASE WHEN %(in_reporting)s THEN cm1_reporting ELSE cm1 END AS cm1,
           CASE WHEN %(in_reporting)s THEN ads_reporting ELSE ads END AS ads,
           promotion_fees * rate AS promotion_fees,
           storage * rate AS storage,
           inbound * rate AS inbound,
           removals * rate AS removals,
           reimbursements * rate AS reimbursements,
           clawbacks * rate AS clawbacks,
           other_cm2 * rate AS other_cm2,
           tax_on_fees * rate AS tax_on_fees,
           CASE WHEN %(in_reporting)s THEN cm2_reporting ELSE cm2 END AS cm2,
           cm2_without_cogs * rate AS cm2_without_cogs,
           overhead * rate AS overhead,
           CASE WHEN %(in_reporting)s THEN profit_reporting ELSE profit END AS profit,
           tax * rate AS tax,
           balance * rate AS balance,
           unmapped * rate AS unmapped
    FROM rated
)
SELECT account_id, marketplace_id, coalesce(shown_currency, '') AS currency, count(*) AS days, max(day) AS last_day,
       count(*) FILTER (WHERE status = 'estimated') AS estimated_days,
       count(*) FILTER (WHERE status = 'incomplete') AS incomplete_days,
       coalesce(string_agg(DISTINCT nullif(missing, ''), ', '), '') AS missing,
       coalesce(sum(units), 0)::bigint AS units, coalesce(sum(open_units), 0)::bigint AS open_units,
       sum(fee_difference) AS fee_difference,
       sum(product_sales) AS product_sales, count(product_sales) AS product_sales_days,
       sum(shipping_income) AS shipping_income, count(shipping_income) AS shipping_income_days,
       sum(gift_wrap_income) AS gift_wrap_income, count(gift_wrap_income) AS gift_wrap_income_days,
       sum(other_income) AS other_income, count(other_income) AS other_income_days,
       sum(refunds) AS refunds, count(refunds) AS refunds_days,
       sum(promotions) AS promotions, count(promotions) AS promotions_days,
       sum(referral_fees) AS referral_fees, count(referral_fees) AS referral_fees_days,
       sum(closing_fees) AS closing_fees, count(closing_fees) AS closing_fees_days,
       sum(digital_services_fees) AS digital_services_fees, count(digital_services_fees) AS digital_services_fees_days,
       sum(fulfilment_fees) AS fulfilment_fees, count(fulfilment_fees) AS fulfilment_fees_days,
       sum(return_fees) AS return_fees, count(return_fees) AS return_fees_days,
       sum(refund_admin_fees) AS refund_admin_fees, count(refund_admin_fees) AS refund_admin_fees_days,
       sum(chargebacks) AS chargebacks, count(chargebacks) AS chargebacks_days,
       sum(merchant_shipping) AS merchant_shipping, count(merchant_shipping) AS merchant_shipping_days,
       sum(other_cm1) AS other_cm1, count(other_cm1) AS other_cm1_days,
       sum(cogs) AS cogs, count(cogs) AS cogs_days,
       sum(cogs_returned) AS cogs_returned, count(cogs_returned) AS cogs_returned_days,
       sum(cm1) AS cm1, count(cm1) AS cm1_days,
       sum(ads) AS ads, count(ads) AS ads_days,
       sum(promotion_fees) AS promotion_fees, count(promotion_fees) AS promotion_fees_days,
       sum(storage) AS storage, count(storage) AS storage_days,
       sum(inbound) AS inbound, count(inbound) AS inbound_days,
       sum(removals) AS removals, count(removals) AS removals_days,
       sum(reimbursements) AS reimbursements, count(reimbursements) AS reimbursements_days,
       sum(clawbacks) AS clawbacks, count(clawbacks) AS clawbacks_days,
       sum(other_cm2) AS other_cm2, count(other_cm2) AS other_cm2_days,
       sum(tax_on_fees) AS tax_on_fees, count(tax_on_fees) AS tax_on_fees_days,
       sum(cm2) AS cm2, count(cm2) AS cm2_days,
       sum(cm2_without_cogs) AS cm2_without_cogs, count(cm2_without_cogs) AS cm2_without_cogs_days,
       sum(overhead) AS overhead, count(overhead) AS overhead_days,
       sum(profit) AS profit, count(profit) AS profit_days,
       sum(tax) AS tax, count(tax) AS tax_days,
       sum(balance) AS balance, count(balance) AS balance_days,
       sum(unmapped) AS unmapped, count(unmapped) AS unmapped_days
FROM amounts
GROUP BY account_id, marketplace_id, shown_currency
ORDER BY account_id, marketplace_id, shown_currency
