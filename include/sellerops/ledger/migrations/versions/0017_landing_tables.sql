-- What a landing table's rows were written for, beyond what the table itself shows: a load compares it with its spec.
CREATE TABLE sellerops.landing_table (
    destination  text NOT NULL,
    table_name   text NOT NULL,
    definition   jsonb NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    PRIMARY KEY (destination, table_name)
);

-- A partition that is attached waits for no reader of the table; one made in place (PARTITION OF) would.
CREATE OR REPLACE FUNCTION sellerops.api_call_make_day(p_day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partition_name text := 'api_call_' || to_char(p_day, 'YYYYMMDD');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('sellerops.api_call'));
    IF to_regclass('sellerops.' || partition_name) IS NULL THEN
        EXECUTE format('CREATE TABLE sellerops.%I (LIKE sellerops.api_call INCLUDING ALL)', partition_name);
        EXECUTE format(
            'ALTER TABLE sellerops.api_call ATTACH PARTITION sellerops.%I FOR VALUES FROM (%L) TO (%L)',
            partition_name, p_day || ' 00:00:00+00', (p_day + 1) || ' 00:00:00+00'
        );
    END IF;
END
$$;
