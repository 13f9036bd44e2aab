SELECT measured.table_name, measured.measured_at,
       coalesce(
           jsonb_agg(
               jsonb_build_object('age', f.age_days, 'days', f.days, 'cells', f.cells, 'moved', f.moved)
               ORDER BY f.age_days
           ) FILTER (WHERE f.age_days IS NOT NULL),
           '[]'
       ) AS figures
FROM sellerops.settling_measurement AS measured
LEFT JOIN sellerops.settling_figure AS f ON f.table_name = measured.table_name AND f.account_id = %(account)s
WHERE measured.table_name = ANY (%(tables)s)
GROUP BY measured.table_name
