WITH found AS (
    SELECT id, happened_at, user_name, action, account_id, subject, before, after
    FROM sellerops.audit_entry
    WHERE (%(users)s::text[] IS NULL OR user_name = ANY (%(users)s))
      AND (%(actions)s::text[] IS NULL OR action = ANY (%(actions)s))
      AND (%(start)s::date IS NULL OR happened_at >= %(start)s::date)
      AND (%(end)s::date IS NULL OR happened_at < %(end)s::date + 1)
      AND (%(search)s::text IS NULL OR subject ILIKE %(search)s OR account_id ILIKE %(search)s
           OR before::text ILIKE %(search)s OR after::text ILIKE %(search)s)
),
page AS (
    SELECT * FROM found ORDER BY {order_by}, id DESC LIMIT %(limit)s OFFSET %(offset)s
)
SELECT false AS is_totals, (SELECT count(*) FROM found) AS row_count, page.* FROM page
ORDER BY {order_by}, id DESC
