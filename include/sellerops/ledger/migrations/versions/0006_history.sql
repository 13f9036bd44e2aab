-- Changed cells, the figures of finality, the slices of loads, and the results of truth checks.

-- What it takes to load the same rows again from the archive, even when the request's row is purged.
ALTER TABLE sellerops.load
    ADD COLUMN slice jsonb,
    ADD COLUMN document jsonb,
    ADD COLUMN reported_at timestamptz;
COMMENT ON COLUMN sellerops.load.slice IS 'The slice the rows were loaded for.';
COMMENT ON COLUMN sellerops.load.document IS 'Archive address, content type and shops of the document.';
COMMENT ON COLUMN sellerops.load.reported_at IS 'Amazon''s createdTime of the report: the as-of of the rows.';
CREATE INDEX load_by_table ON sellerops.load (table_name, account_id, id);

-- No primary key: rows are written by the thousand and never changed.
CREATE TABLE sellerops.restatement (
    table_name       text NOT NULL,
    account_id       text NOT NULL,
    marketplace_id   text,
    key              jsonb NOT NULL,
    day              date,
    age_days         integer,
    column_name      text NOT NULL,
    old_value        text,
    new_value        text,
    old_load_id      bigint,
    new_load_id      bigint NOT NULL,
    old_reported_at  timestamptz,
    new_reported_at  timestamptz NOT NULL,
    old_loaded_at    timestamptz,
    new_loaded_at    timestamptz NOT NULL
);
COMMENT ON TABLE sellerops.restatement IS 'Every cell of a stored row that a later document changed.';
COMMENT ON COLUMN sellerops.restatement.key IS 'The row''s key within its account and shop.';
COMMENT ON COLUMN sellerops.restatement.age_days IS 'Days from the row''s day to the day of the new document.';
COMMENT ON COLUMN sellerops.restatement.column_name IS
    'Empty: the whole row appeared (new_value holds it) or disappeared (old_value holds it).';
CREATE INDEX restatement_by_day ON sellerops.restatement (table_name, day, account_id);
CREATE INDEX restatement_by_load ON sellerops.restatement (new_load_id);

-- The last stretch of days without a gap that loads of a table cover, by account and shop ('' is a whole region).
CREATE FUNCTION sellerops.days_loaded(p_table text)
RETURNS TABLE (account_id text, marketplace_id text, first_day date, last_day date) LANGUAGE sql STABLE AS $$
    WITH spans AS (
        SELECT l.account_id, l.marketplace_id, l.first_day, l.last_day,
               max(l.last_day) OVER (
                   PARTITION BY l.account_id, l.marketplace_id ORDER BY l.first_day, l.last_day
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ) AS before
        FROM (
            SELECT DISTINCT load.account_id, load.marketplace_id, load.first_day, load.last_day
            FROM sellerops.load WHERE load.table_name = p_table AND load.first_day IS NOT NULL
        ) AS l
    ),
    stretches AS (
        SELECT s.*, count(*) FILTER (WHERE s.before IS NULL OR s.before < s.first_day - 1) OVER (
            PARTITION BY s.account_id, s.marketplace_id ORDER BY s.first_day, s.last_day
        ) AS stretch
        FROM spans AS s
    )
    SELECT DISTINCT ON (s.account_id, s.marketplace_id)
           s.account_id, s.marketplace_id, min(s.first_day), max(s.last_day)
    FROM stretches AS s
    GROUP BY s.account_id, s.marketplace_id, s.stretch
    ORDER BY s.account_id, s.marketplace_id, max(s.last_day) DESC
$$;

-- How many cells of a table still moved later than n days after their day.
-- A cell counts for n when its day was seen at an age of at most n days and again later: what was never looked at again
-- says nothing. p_merge: any later document of the account would have told a change, whichever window it was of.
CREATE FUNCTION sellerops.finality(
    p_table text, p_day_column text, p_cells_per_row integer, p_merge boolean,
    p_account text DEFAULT NULL, p_days integer DEFAULT 400
)
RETURNS TABLE (age_days integer, days bigint, cells bigint, moved bigint) LANGUAGE plpgsql STABLE AS $$
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
            WHERE ($2 IS NULL OR t.account_id = $2)
            GROUP BY 1, 2, 3
        ),
        looks AS (
            SELECT DISTINCT l.account_id, l.marketplace_id, l.first_day, l.last_day,
                   (l.reported_at AT TIME ZONE coalesce(l.slice->>'timezone', 'UTC'))::date AS seen
            FROM sellerops.load AS l
            WHERE l.table_name = $1 AND l.reported_at IS NOT NULL AND ($2 IS NULL OR l.account_id = $2)
        ),
        seen AS (
            SELECT s.account_id, s.marketplace_id, s.day, s.row_count,
                   min(k.seen - s.day) AS youngest, max(k.seen - s.day) AS oldest
            FROM stored AS s
            JOIN looks AS k ON k.account_id = s.account_id AND k.marketplace_id IN ('', s.marketplace_id)
             AND k.seen >= s.day AND (%3$L::boolean OR s.day BETWEEN k.first_day AND k.last_day)
            WHERE s.day >= $3
            GROUP BY 1, 2, 3, 4
        ),
        changed AS (
            SELECT r.account_id, coalesce(r.marketplace_id, '') AS marketplace_id, r.day, max(r.age_days) AS age,
                   CASE WHEN r.column_name = '' THEN $4 ELSE 1 END AS cells
            FROM sellerops.restatement AS r
            WHERE r.table_name = $1 AND r.day >= $3 AND ($2 IS NULL OR r.account_id = $2)
            GROUP BY r.account_id, r.marketplace_id, r.day, r.key, r.column_name
        ),
        ages AS (SELECT n FROM generate_series(1, coalesce((SELECT max(oldest) FROM seen), 0)) AS n)
        SELECT ages.n::integer, p.days, p.cells, coalesce(m.moved, 0)::bigint
        FROM ages
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT s.day) AS days, coalesce(sum(s.row_count), 0)::bigint * $4 AS cells
            FROM seen AS s WHERE s.youngest <= ages.n AND s.oldest > ages.n
        ) AS p
        CROSS JOIN LATERAL (
            SELECT sum(c.cells) AS moved
            FROM changed AS c JOIN seen AS s USING (account_id, marketplace_id, day)
            WHERE c.age > ages.n AND s.youngest <= ages.n AND s.oldest > ages.n
        ) AS m
        WHERE p.cells > 0
        ORDER BY 1
    $query$, day_of, p_table::regclass, p_merge)
    USING p_table, p_account, first_day, p_cells_per_row;
END
$$;

-- One row for each figure that was compared, as it stood when last looked at.
CREATE TABLE sellerops.check_result (
    check_name      text NOT NULL,
    account_id      text NOT NULL DEFAULT '',
    marketplace_id  text NOT NULL DEFAULT '',
    day             date,
    subject         text NOT NULL DEFAULT '',
    left_value      numeric,
    right_value     numeric,
    difference      numeric,
    tolerance       numeric,
    verdict         text NOT NULL CHECK (verdict IN ('ok', 'off', 'not_yet', 'too_young')),
    evidence        jsonb NOT NULL DEFAULT '{}',
    checked_at      timestamptz NOT NULL DEFAULT sellerops.now(),
    CONSTRAINT check_result_key UNIQUE NULLS NOT DISTINCT (check_name, account_id, marketplace_id, day, subject)
);
COMMENT ON COLUMN sellerops.check_result.verdict IS
    'not_yet: a side is not loaded; too_young: the figures may still move.';
CREATE INDEX check_result_off ON sellerops.check_result (check_name, day) WHERE verdict = 'off';
