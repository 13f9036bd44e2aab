-- Settling curves as measured once a day: pages read them instead of counting the rows of landing tables.

CREATE TABLE sellerops.settling_measurement (
    table_name   text PRIMARY KEY,
    measured_at  timestamptz NOT NULL
);
COMMENT ON TABLE sellerops.settling_measurement IS
    'When the settling curves of a landing table were last measured. No row in settling_figure: no day had been loaded twice.';
COMMENT ON COLUMN sellerops.settling_measurement.table_name IS 'Landing table, as schema.table.';

CREATE TABLE sellerops.settling_figure (
    table_name  text NOT NULL REFERENCES sellerops.settling_measurement ON DELETE CASCADE,
    account_id  text NOT NULL,
    age_days    integer NOT NULL,
    days        bigint NOT NULL,
    cells       bigint NOT NULL,
    moved       bigint NOT NULL,
    PRIMARY KEY (table_name, account_id, age_days)
);
COMMENT ON TABLE sellerops.settling_figure IS
    'Settling curves: of the cells that were loaded at an age of at most age_days and again later, how many changed later.';
COMMENT ON COLUMN sellerops.settling_figure.table_name IS 'Landing table, as schema.table.';
COMMENT ON COLUMN sellerops.settling_figure.account_id IS 'Empty: all accounts together.';
COMMENT ON COLUMN sellerops.settling_figure.age_days IS 'Days between the day that the cells belong to and the document that was loaded.';
COMMENT ON COLUMN sellerops.settling_figure.days IS 'Number of such days.';
COMMENT ON COLUMN sellerops.settling_figure.cells IS 'Number of such cells.';
COMMENT ON COLUMN sellerops.settling_figure.moved IS 'How many of the cells changed at a higher age.';

-- As in 0006, with the same figures. Days before p_days are not counted, changes are counted by day before they are
-- joined, and joins are hash joins: the planner takes these sets for a few rows each, and compared all with all.
CREATE OR REPLACE FUNCTION sellerops.finality(
    p_table text, p_day_column text, p_cells_per_row integer, p_merge boolean,
    p_account text DEFAULT NULL, p_days integer DEFAULT 400
)
RETURNS TABLE (age_days integer, days bigint, cells bigint, moved bigint) LANGUAGE plpgsql STABLE
SET enable_mergejoin = off SET enable_nestloop = off AS $$
DECLARE
    day_type text;
    day_of text := format('t.%I', p_day_column);
    first_day date := (sellerops.now() AT TIME ZONE 'UTC')::date - p_days;
BEGIN
    SELECT format_type(atttypid, atttypmod) INTO day_type
    FROM pg_attribute
    WHERE attrelid = to_regclass(p_table) AND attname = p_day_column AND NOT attisdropped;
    IF day_type IS NULL THEN
        RETURN;
    END IF;
    IF day_type <> 'date' THEN
        day_of := format('(t.%I AT TIME ZONE coalesce(l.slice->>''timezone'', ''UTC''))::date', p_day_column);
    END IF;
    RETURN QUERY EXECUTE format($query$
        WITH stored AS (
            SELECT t.account_id, coalesce(t.marketplace_id, '') AS marketplace_id, %1$s AS day, count(*) AS row_count
            FROM %2$s AS t LEFT JOIN sellerops.load AS l ON l.id = t.load_id
            WHERE ($2 IS NULL OR t.account_id = $2) AND %1$s >= $3
            GROUP BY 1, 2, 3
        ),
        -- By day, so that a day is compared with its own looks alone; p_merge: null, any day.
        looks AS (
            SELECT DISTINCT l.account_id, l.marketplace_id, covered.day,
                   (l.reported_at AT TIME ZONE coalesce(l.slice->>'timezone', 'UTC'))::date AS seen
            FROM sellerops.load AS l
            CROSS JOIN LATERAL (
                SELECT NULL::date AS day WHERE %3$L::boolean
                UNION ALL
                SELECT greatest(l.first_day, $3) + generate_series(0, l.last_day - greatest(l.first_day, $3))
                WHERE NOT %3$L::boolean
            ) AS covered
            WHERE l.table_name = $1 AND l.reported_at IS NOT NULL AND ($2 IS NULL OR l.account_id = $2)
        ),
        -- '': a document of a whole region
        looked_at AS (
            SELECT s.*, s.marketplace_id AS look_marketplace_id FROM stored AS s
            UNION ALL SELECT s.*, '' FROM stored AS s WHERE s.marketplace_id <> ''
        ),
        seen AS MATERIALIZED (
            SELECT s.account_id, s.marketplace_id, s.day, s.row_count,
                   min(k.seen - s.day) AS youngest, max(k.seen - s.day) AS oldest
            FROM looked_at AS s
            JOIN looks AS k ON k.account_id = s.account_id AND k.marketplace_id = s.look_marketplace_id
             AND k.seen >= s.day AND (%3$L::boolean OR k.day = s.day)
            GROUP BY 1, 2, 3, 4
        ),
        changed AS (
            SELECT r.account_id, coalesce(r.marketplace_id, '') AS marketplace_id, r.day, max(r.age_days) AS age,
                   CASE WHEN r.column_name = '' THEN $4 ELSE 1 END AS cells
            FROM sellerops.restatement AS r
            WHERE r.table_name = $1 AND r.day >= $3 AND ($2 IS NULL OR r.account_id = $2)
            GROUP BY r.account_id, r.marketplace_id, r.day, r.key, r.column_name
        ),
        changed_days AS MATERIALIZED (
            SELECT c.account_id, c.marketplace_id, c.day, c.age, sum(c.cells) AS cells
            FROM changed AS c GROUP BY 1, 2, 3, 4
        ),
        -- A cell counts as changed later for the ages from since until the one before its last change.
        moves AS MATERIALIZED (
            SELECT s.youngest AS since, least(c.age, s.oldest) AS until, sum(c.cells) AS cells
            FROM changed_days AS c JOIN seen AS s USING (account_id, marketplace_id, day)
            GROUP BY 1, 2
        ),
        ages AS (SELECT n FROM generate_series(1, coalesce((SELECT max(oldest) FROM seen), 0)) AS n)
        SELECT ages.n::integer, p.days, p.cells, coalesce(m.moved, 0)::bigint
        FROM ages
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT s.day) AS days, coalesce(sum(s.row_count), 0)::bigint * $4 AS cells
            FROM seen AS s WHERE s.youngest <= ages.n AND s.oldest > ages.n
        ) AS p
        CROSS JOIN LATERAL (
            SELECT sum(moves.cells) AS moved FROM moves WHERE moves.since <= ages.n AND moves.until > ages.n
        ) AS m
        WHERE p.cells > 0
        ORDER BY 1
    $query$, day_of, p_table::regclass, p_merge)
    USING p_table, p_account, first_day, p_cells_per_row;
END
$$;
