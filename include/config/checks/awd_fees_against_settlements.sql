-- description: AWD's monthly bills against the fees that settlements deduct for the same month.
-- inputs: [seller_portal.awd_storage_fees, seller_portal.awd_processing_fees, seller_portal.awd_transportation_fees, amazon_sp.settlements]
-- unit: money
-- tolerance: {absolute: 0}
-- holds_after: 0d
-- look_back: 120d
-- severity: partial_failure
WITH billed AS (
    SELECT account_id, month, 'storage' AS fee, total_charged_amount AS amount FROM seller_portal.awd_storage_fees
    UNION ALL
    SELECT account_id, month, 'processing', total_charged_amount FROM seller_portal.awd_processing_fees
    UNION ALL
    SELECT account_id, month, 'transportation', total_charged_amount FROM seller_portal.awd_transportation_fees
),
bills AS (
    SELECT account_id, month, fee, sum(amount) AS amount, count(*) AS lines
    FROM billed WHERE month BETWEEN %(first_day)s AND %(last_day)s
    GROUP BY 1, 2, 3
),
lines AS (
    -- Two wordings are known: `AWD Storage Fee` alone, and below `Amazon Warehousing & Distribution (AWD)`.
    SELECT s.account_id, s.amount, lower(concat_ws(' ', s.transaction_type, s.amount_type, s.amount_description)) AS words,
           coalesce((s.posted_date_time AT TIME ZONE 'UTC')::date, s.posted_date) AS day
    FROM amazon_sp.settlements AS s WHERE s.amount IS NOT NULL
),
charged AS (
    SELECT account_id, kind.fee, -sum(amount) AS amount,
           -- Storage of a month is charged on the 6th of the next.
           date_trunc('month', day - CASE WHEN kind.fee = 'storage' THEN interval '1 month' ELSE interval '0' END)::date
               AS month
    FROM lines JOIN (VALUES ('storage'), ('processing'), ('transportation')) AS kind (fee)
      ON words LIKE '%%awd%%' AND words LIKE '%%' || kind.fee || '%%'
    GROUP BY 1, 2, 4
),
settled AS (
    SELECT account_id, min(day) AS first_day, max(day) AS last_day FROM lines GROUP BY 1
)
SELECT b.account_id, '' AS marketplace_id, b.month AS day, b.fee AS subject, b.amount AS left_value,
       -- A month counts once settlements reach beyond its last charge.
       CASE WHEN s.first_day <= b.month + CASE WHEN b.fee = 'storage' THEN interval '1 month' ELSE interval '0' END
             AND s.last_day > b.month + CASE WHEN b.fee = 'storage' THEN interval '1 month 6 days'
                                             ELSE interval '1 month' END
            THEN coalesce(c.amount, 0) END AS right_value,
       jsonb_build_object('lines_of_the_bill', b.lines, 'settled_until', s.last_day) AS evidence
FROM bills AS b
JOIN settled AS s ON s.account_id = b.account_id
LEFT JOIN charged AS c ON (c.account_id, c.month, c.fee) = (b.account_id, b.month, b.fee)
