-- The memory of what was asked, loaded, refused and changed. Every time is sellerops.now(), in UTC.

CREATE TABLE sellerops.clock (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    real_anchor     timestamptz NOT NULL,
    virtual_anchor  timestamptz NOT NULL,
    speed           double precision NOT NULL CHECK (speed >= 0)
);
COMMENT ON TABLE sellerops.clock IS 'Empty in production. One row: a clock beside a local Amazon''s.';

-- clock_timestamp() and not now(): a function that waited for a row's lock must see the time after the wait.
-- STABLE all the same: within one scan any of its moments will do, and `created_at < sellerops.now() - ...` may use
-- an index.
CREATE FUNCTION sellerops.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT virtual_anchor + (clock_timestamp() - real_anchor) * speed FROM sellerops.clock),
        clock_timestamp()
    )
$$;

CREATE TABLE sellerops.report_request (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_hash           text NOT NULL,
    source             text NOT NULL,
    report             text NOT NULL,
    report_type        text NOT NULL,
    options            jsonb NOT NULL DEFAULT '{}',
    account_id         text NOT NULL,
    region             text NOT NULL,
    marketplace_ids    text[] NOT NULL,
    window_start       timestamptz,
    window_end         timestamptz,
    status             text NOT NULL CHECK (status IN (
                           'PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE',
                           'ARCHIVED', 'CANCELLED', 'FATAL', 'FAILED')),
    report_id          text,
    document_id        text,
    reported_at        timestamptz,
    created_by         text CHECK (created_by IN ('us', 'adopted', 'amazon', 'reused')),
    creating_at        timestamptz,
    claim_token        uuid,
    document_lease_at  timestamptz,
    archive_uri        text,
    archive_bytes      bigint,
    content_sha256     text,
    document_headers   jsonb NOT NULL DEFAULT '{}',
    error_type         text,
    error              text,
    dag_id             text NOT NULL,
    run_id             text NOT NULL,
    task_id            text NOT NULL,
    map_index          integer NOT NULL,
    task_try           integer NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    updated_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON COLUMN sellerops.report_request.reported_at IS 'Amazon''s createdTime of the report: the as-of of its data.';
COMMENT ON COLUMN sellerops.report_request.claim_token IS 'Who may create it; lets a repeated claim find itself the winner.';

CREATE INDEX report_request_by_key ON sellerops.report_request (key_hash, id DESC);
-- What the advisory lock arranges, the index guarantees: one running request for one key.
CREATE UNIQUE INDEX report_request_one_active ON sellerops.report_request (key_hash)
    WHERE created_by IS DISTINCT FROM 'amazon' AND status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE');
CREATE UNIQUE INDEX report_request_one_listed ON sellerops.report_request (account_id, report_id)
    WHERE created_by = 'amazon' AND status NOT IN ('FATAL', 'FAILED');
CREATE INDEX report_request_by_report_id ON sellerops.report_request (account_id, report_id) WHERE report_id IS NOT NULL;
CREATE INDEX report_request_open ON sellerops.report_request (account_id, id)
    WHERE status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE');
CREATE INDEX report_request_by_time ON sellerops.report_request (created_at);

-- No foreign keys to report_request: a replay from the archive loads without one, and old requests may be purged.
CREATE SEQUENCE sellerops.load_id AS bigint;
CREATE TABLE sellerops.load (
    id              bigint PRIMARY KEY DEFAULT nextval('sellerops.load_id'),
    request_id      bigint,
    report          text NOT NULL,
    account_id      text NOT NULL,
    marketplace_id  text NOT NULL DEFAULT '',
    table_name      text NOT NULL,
    destination     text NOT NULL,
    rows_in_file    bigint NOT NULL,
    stored          bigint NOT NULL,
    rejected        bigint NOT NULL,
    inserted        bigint NOT NULL,
    updated         bigint NOT NULL,
    unchanged       bigint NOT NULL,
    superseded      bigint NOT NULL,
    replaced        bigint NOT NULL,
    seconds         double precision NOT NULL,
    first_day       date,
    last_day        date,
    started_at      timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT sellerops.now(),
    CONSTRAINT load_rows_balance CHECK (rows_in_file = stored + rejected),
    CONSTRAINT load_stored_balance CHECK (stored = inserted + updated + unchanged + superseded)
);
COMMENT ON COLUMN sellerops.load.marketplace_id IS 'Empty: the load covers an account''s whole region.';
COMMENT ON COLUMN sellerops.load.replaced IS 'Rows of earlier loads deleted by this one.';
CREATE INDEX load_by_report ON sellerops.load (report, account_id, marketplace_id, id DESC);
CREATE INDEX load_by_request ON sellerops.load (request_id) WHERE request_id IS NOT NULL;

CREATE TABLE sellerops.rejected_row (
    load_id      bigint NOT NULL,
    source_line  bigint NOT NULL,
    reason       text NOT NULL,
    column_name  text,
    value        text,
    raw_line     text
);
CREATE INDEX rejected_row_by_load ON sellerops.rejected_row (load_id, source_line);

CREATE TABLE sellerops.schema_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report       text NOT NULL,
    table_name   text NOT NULL,
    column_name  text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('added', 'dropped', 'duplicated', 'missing')),
    load_id      bigint,
    seen_at      timestamptz NOT NULL DEFAULT sellerops.now()
);
CREATE INDEX schema_change_by_column ON sellerops.schema_change (table_name, column_name, id DESC);

-- The newest document whose rows a day of a table holds; an older document never beats it.
CREATE TABLE sellerops.table_watermark (
    table_name   text NOT NULL,
    account_id   text NOT NULL,
    place        text NOT NULL,
    day          date NOT NULL,
    reported_at  timestamptz NOT NULL,
    load_id      bigint NOT NULL,
    PRIMARY KEY (table_name, account_id, place, day)
);
COMMENT ON COLUMN sellerops.table_watermark.place IS 'Marketplace id, or the region where one report covers all shops.';

-- One row a day and shop: what the completeness calendar shows and gap-filling reads.
CREATE TABLE sellerops.slice_state (
    report          text NOT NULL,
    account_id      text NOT NULL,
    marketplace_id  text NOT NULL DEFAULT '',
    day             date NOT NULL,
    snapshot_at     timestamptz,
    state           text NOT NULL CHECK (state IN (
                        'PLANNED', 'REQUESTED', 'LOADED', 'CONFIRMED_EMPTY', 'LATE', 'QUARANTINED', 'EXPIRED', 'FAILED')),
    request_id      bigint,
    load_id         bigint,
    dag_id          text,
    run_id          text,
    task_id         text,
    map_index       integer,
    error_type      text,
    error           text,
    remedy          text,
    updated_at      timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON COLUMN sellerops.slice_state.marketplace_id IS 'Empty: the slice covers an account''s whole region.';
CREATE UNIQUE INDEX slice_state_key ON sellerops.slice_state (report, account_id, marketplace_id, day, snapshot_at)
    NULLS NOT DISTINCT;
CREATE INDEX slice_state_by_day ON sellerops.slice_state (day, state);

CREATE TABLE sellerops.notice (
    key          text PRIMARY KEY,
    claim_token  uuid NOT NULL,
    claimed_at   timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.notice IS 'Whose sender was chosen already: nobody is told twice about the same thing.';

CREATE TABLE sellerops.api_call (
    called_at          timestamptz NOT NULL,
    account_id         text NOT NULL,
    operation          text NOT NULL,
    status             integer,
    seconds            double precision,
    rate_limit         double precision,
    amazon_request_id  text,
    report_type        text,
    report_id          text,
    request_id         bigint,
    error_type         text,
    error              text
) PARTITION BY RANGE (called_at);
COMMENT ON COLUMN sellerops.api_call.status IS 'HTTP status; null when no answer came.';
COMMENT ON COLUMN sellerops.api_call.rate_limit IS 'x-amzn-RateLimit-Limit: calls per second.';
CREATE INDEX api_call_by_operation ON sellerops.api_call (account_id, operation, called_at);

-- Makes the partition of one UTC day. Two callers at once are kept apart by the advisory lock.
CREATE FUNCTION sellerops.api_call_make_day(p_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partition_name text := 'api_call_' || to_char(p_day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sellerops.api_call'));
    IF to_regclass('sellerops.' || partition_name) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE sellerops.%I PARTITION OF sellerops.api_call FOR VALUES FROM (%L) TO (%L)',
            partition_name, p_day || ' 00:00:00+00', (p_day + 1) || ' 00:00:00+00'
        );
    END IF;
END
$$;

-- Makes today's and tomorrow's partition and drops those older than p_keep_days; returns the names dropped.
CREATE FUNCTION sellerops.api_call_roll(p_keep_days integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    today date := (sellerops.now() AT TIME ZONE 'UTC')::date;
    old_name text;
BEGIN
    PERFORM sellerops.api_call_make_day(today);
    PERFORM sellerops.api_call_make_day(today + 1);
    FOR old_name IN
        SELECT child.relname
        FROM pg_inherits
        JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'sellerops.api_call'::regclass
          AND to_date(right(child.relname, 8), 'YYYYMMDD') < today - p_keep_days
        ORDER BY child.relname
    LOOP
        EXECUTE format('DROP TABLE sellerops.%I', old_name);
        RETURN NEXT old_name;
    END LOOP;
END
$$;
