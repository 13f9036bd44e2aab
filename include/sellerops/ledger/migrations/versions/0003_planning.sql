-- Who waits first, which cooldowns Amazon really keeps, what Amazon lists, and which requests were saved.

-- One row a process and bucket: the most urgent of the backfill calls that wait in it. Unlogged: after a crash of the
-- server nobody waits any more, and those who still do come again.
CREATE UNLOGGED TABLE sellerops.quota_waiter (
    application  text NOT NULL,
    account_id   text NOT NULL,
    operation    text NOT NULL,
    waiter       text NOT NULL,
    deadline     timestamptz NOT NULL,
    alive_until  timestamptz NOT NULL,
    PRIMARY KEY (application, account_id, operation, waiter)
);
COMMENT ON COLUMN sellerops.quota_waiter.deadline IS 'When Amazon no longer serves what is waited for; infinity: never.';
COMMENT ON COLUMN sellerops.quota_waiter.alive_until IS 'Real time, not sellerops.now(): a process that died lapses then.';

-- quota_acquire for work that can wait: only the most urgent of all processes may take a token, so that what Amazon
-- forgets first is asked for first. p_waiter NULL stands in no line, but behind those who do. p_following: the deadline
-- of the same waiter's next call, which keeps its place when this one is granted; NULL: none.
CREATE FUNCTION sellerops.quota_acquire_in_order(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer,
    p_share double precision, p_restore_s double precision, p_reserve integer, p_waiter text,
    p_deadline timestamptz, p_following timestamptz,
    OUT is_granted boolean, OUT wait_s double precision, OUT decided_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket := sellerops.quota_lock(p_application, p_account, p_operation, p_rate, p_burst);
    speed double precision := coalesce((SELECT clock.speed FROM sellerops.clock), 1);
    token_s double precision;
    next_deadline timestamptz;
    sleep_s double precision;
BEGIN
    DELETE FROM sellerops.quota_waiter
    WHERE application = p_application AND account_id = p_account AND operation = p_operation
      AND alive_until < clock_timestamp();
    IF EXISTS (
        SELECT FROM sellerops.quota_waiter
        WHERE application = p_application AND account_id = p_account AND operation = p_operation
          AND waiter IS DISTINCT FROM p_waiter AND deadline < coalesce(p_deadline, 'infinity')
    ) THEN
        decided_at := sellerops.now();
        token_s := sellerops.quota_interval(bucket, decided_at, p_share, p_restore_s);
        is_granted := false;
        wait_s := greatest(
            (sellerops.quota_missing(bucket, decided_at) + 1 + least(p_reserve, p_burst - 1) - p_burst) * token_s,
            token_s / 4);
    ELSE
        SELECT * INTO is_granted, wait_s, decided_at FROM sellerops.quota_acquire(
            p_application, p_account, p_operation, p_rate, p_burst, p_share, p_restore_s, p_reserve, true);
    END IF;
    IF p_waiter IS NULL THEN
        RETURN;
    END IF;
    next_deadline := CASE WHEN is_granted THEN p_following ELSE coalesce(p_deadline, 'infinity') END;
    IF next_deadline IS NULL THEN
        DELETE FROM sellerops.quota_waiter
        WHERE application = p_application AND account_id = p_account AND operation = p_operation
          AND waiter = p_waiter;
        RETURN;
    END IF;
    -- As long as the waiter sleeps (sellerops.clock.Clock.real_seconds), and ten seconds to come back.
    sleep_s := CASE
        WHEN speed = 1 THEN wait_s
        WHEN speed = 0 THEN 1
        ELSE least(wait_s / speed, 1)
    END;
    INSERT INTO sellerops.quota_waiter AS stored
        (application, account_id, operation, waiter, deadline, alive_until)
    VALUES (p_application, p_account, p_operation, p_waiter, next_deadline,
            clock_timestamp() + make_interval(secs => sleep_s + 10))
    ON CONFLICT (application, account_id, operation, waiter) DO UPDATE SET
        deadline = excluded.deadline, alive_until = excluded.alive_until;
END
$$;

-- Cooldowns that turned out longer than published.
CREATE TABLE sellerops.quota_cooldown (
    account_id   text NOT NULL,
    report_type  text NOT NULL,
    learned_s    double precision NOT NULL,
    refusals     integer NOT NULL,
    refused_at   timestamptz NOT NULL,
    evidence     jsonb NOT NULL DEFAULT '[]',
    PRIMARY KEY (account_id, report_type)
);
COMMENT ON TABLE sellerops.quota_cooldown IS 'Shortest time between two reports of a type, learned from Amazon''s refusals.';
COMMENT ON COLUMN sellerops.quota_cooldown.evidence IS 'The newest refusals: report id, Amazon''s words, seconds since the report before.';

-- The cooldown in force: what is published, plus what was learned on top. After every quiet week half of that is
-- forgotten; after the n-th refusal it takes n weeks.
CREATE FUNCTION sellerops.quota_cooldown_now(p_account text, p_report_type text, p_published_s double precision)
RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT p_published_s + coalesce((
        SELECT CASE WHEN excess < 60 THEN 0 ELSE excess END
        FROM (
            SELECT (learned_s - p_published_s) * 0.5 ^ floor(
                greatest(0, extract(epoch FROM sellerops.now() - refused_at)) / (7 * 86400.0 * refusals)
            )::double precision AS excess
            FROM sellerops.quota_cooldown WHERE account_id = p_account AND report_type = p_report_type
        ) AS learned
    ), 0)
$$;

-- A report was refused because it was asked for too soon, p_gap_s after the one before (NULL: not known): half as long
-- again from now on, two days at most. The same refusal told twice counts once.
CREATE FUNCTION sellerops.quota_too_soon(
    p_account text, p_report_type text, p_published_s double precision, p_gap_s double precision,
    p_refusal text, p_reason text
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := sellerops.now();
    told jsonb := jsonb_build_object('refusal', p_refusal, 'reason', p_reason, 'gap_s', p_gap_s, 'at', moment);
    longer double precision;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sellerops.quota_cooldown ' || p_account || ' ' || p_report_type, 0));
    longer := sellerops.quota_cooldown_now(p_account, p_report_type, p_published_s);
    IF EXISTS (
        SELECT FROM sellerops.quota_cooldown
        WHERE account_id = p_account AND report_type = p_report_type
          AND evidence @> jsonb_build_array(jsonb_build_object('refusal', p_refusal))
    ) THEN
        RETURN longer;
    END IF;
    longer := least(172800, greatest(1200, longer, coalesce(p_gap_s, 0)) * 1.5);
    INSERT INTO sellerops.quota_cooldown AS stored
        (account_id, report_type, learned_s, refusals, refused_at, evidence)
    VALUES (p_account, p_report_type, longer, 1, moment, jsonb_build_array(told))
    ON CONFLICT (account_id, report_type) DO UPDATE SET
        learned_s = excluded.learned_s,
        refusals = stored.refusals + 1,
        refused_at = excluded.refused_at,
        evidence = (SELECT jsonb_agg(one ORDER BY n) FROM jsonb_array_elements(told || stored.evidence)
                    WITH ORDINALITY AS each(one, n) WHERE n <= 5);
    RETURN longer;
END
$$;

-- What getReports last told of an account: one listing serves all slices of all runs for some minutes.
CREATE TABLE sellerops.report_listing (
    account_id   text NOT NULL,
    report_type  text NOT NULL,
    begun_at     timestamptz NOT NULL,
    listed_at    timestamptz,
    since        timestamptz NOT NULL,
    PRIMARY KEY (account_id, report_type)
);
CREATE TABLE sellerops.listed_report (
    account_id       text NOT NULL,
    report_id        text NOT NULL,
    report_type      text NOT NULL,
    marketplace_ids  text[] NOT NULL,
    window_start     timestamptz,
    window_end       timestamptz,
    status           text NOT NULL,
    created_at       timestamptz NOT NULL,
    is_unfit         boolean NOT NULL DEFAULT false,
    seen_at          timestamptz NOT NULL,
    PRIMARY KEY (account_id, report_id)
);
COMMENT ON COLUMN sellerops.listed_report.is_unfit IS 'Its document was read and answers another question (other options).';
CREATE INDEX listed_report_by_type ON sellerops.listed_report (account_id, report_type, created_at);

-- quota_create with the cooldown in force and the daily budget less what other applications made of it today.
CREATE FUNCTION sellerops.quota_create_learned(
    p_account text, p_report_type text, p_marketplaces text[], p_window text, p_published_s double precision,
    p_margin_s double precision, p_daily_budget integer, p_token uuid,
    OUT is_granted boolean, OUT wait_s double precision, OUT reason text, OUT decided_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    cooldown_s double precision := sellerops.quota_cooldown_now(p_account, p_report_type, p_published_s);
    today date := (sellerops.now() AT TIME ZONE 'UTC')::date;
    left_today integer;
BEGIN
    IF cooldown_s > 0 THEN
        cooldown_s := cooldown_s + p_margin_s;
    END IF;
    IF p_daily_budget IS NOT NULL THEN
        SELECT p_daily_budget - count(*) INTO left_today
        FROM sellerops.listed_report AS listed
        WHERE account_id = p_account AND report_type = p_report_type AND status <> 'CANCELLED'
          AND created_at >= today::timestamp AT TIME ZONE 'UTC'
          AND (p_marketplaces = '{""}' OR marketplace_ids && p_marketplaces)
          AND NOT EXISTS (
              SELECT FROM sellerops.report_request AS ours
              WHERE ours.account_id = p_account AND ours.report_id = listed.report_id AND ours.created_by <> 'reused');
        IF left_today <= 0 THEN
            decided_at := sellerops.now();
            is_granted := false;
            wait_s := extract(epoch FROM (today + 1)::timestamp AT TIME ZONE 'UTC' - decided_at);
            reason := 'budget';
            RETURN;
        END IF;
    END IF;
    SELECT * INTO is_granted, wait_s, reason, decided_at FROM sellerops.quota_create(
        p_account, p_report_type, p_marketplaces, p_window, cooldown_s, left_today, p_token);
END
$$;

-- Requests that were not made because a report was there already: one row a run's slice that was served.
CREATE TABLE sellerops.report_reuse (
    request_id  bigint NOT NULL,
    dag_id      text NOT NULL,
    run_id      text NOT NULL,
    map_index   integer NOT NULL,
    found_in    text NOT NULL CHECK (found_in IN ('ledger', 'amazon')),
    reused_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    PRIMARY KEY (request_id, dag_id, run_id, map_index)
);
COMMENT ON COLUMN sellerops.report_reuse.found_in IS 'ledger: our own request served again; amazon: a report in getReports.';
