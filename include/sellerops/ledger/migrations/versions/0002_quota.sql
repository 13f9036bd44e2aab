-- Quotas shared by all processes. One function call is one statement: it locks the bucket's row, reads the clock
-- after the lock, decides and writes. Nothing is read in one statement and written in another.

CREATE TABLE sellerops.quota_bucket (
    application         text NOT NULL,
    account_id          text NOT NULL,
    operation           text NOT NULL,
    tat                 timestamptz NOT NULL,
    interval_s          double precision NOT NULL CHECK (interval_s > 0),
    rate                double precision NOT NULL,
    burst               integer NOT NULL,
    learned_rate        double precision,
    learned_at          timestamptz,
    slowdown            double precision NOT NULL DEFAULT 1,
    refused_at          timestamptz,
    schedule_waiter_at  timestamptz,
    granted             bigint NOT NULL DEFAULT 0,
    refused             bigint NOT NULL DEFAULT 0,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (application, account_id, operation)
);
COMMENT ON TABLE sellerops.quota_bucket IS 'Amazon''s token buckets: application x seller account x operation.';
COMMENT ON COLUMN sellerops.quota_bucket.tat IS 'Theoretical arrival time (GCRA): when the bucket is full again.';
COMMENT ON COLUMN sellerops.quota_bucket.interval_s IS 'Seconds per token that tat was written with.';
COMMENT ON COLUMN sellerops.quota_bucket.rate IS 'Configured tokens per second.';
COMMENT ON COLUMN sellerops.quota_bucket.learned_rate IS 'From x-amzn-RateLimit-Limit; goes before the configured rate.';
COMMENT ON COLUMN sellerops.quota_bucket.slowdown IS 'Halved by refusals, 1 again after a header or a quiet time.';

-- The bucket's row, locked; made full when it is new.
CREATE FUNCTION sellerops.quota_lock(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer
) RETURNS sellerops.quota_bucket LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket;
    moment timestamptz;
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT * INTO bucket FROM sellerops.quota_bucket
        WHERE application = p_application AND account_id = p_account AND operation = p_operation
        FOR UPDATE;
        EXIT WHEN FOUND;
        moment := sellerops.now();
        INSERT INTO sellerops.quota_bucket
            (application, account_id, operation, tat, interval_s, rate, burst, updated_at)
        VALUES (p_application, p_account, p_operation, moment, 1 / p_rate, p_rate, p_burst, moment)
        ON CONFLICT DO NOTHING;
    END LOOP;
    bucket.rate := p_rate;
    bucket.burst := p_burst;
    RETURN bucket;
END
$$;

-- Tokens missing from a full bucket at a moment. Never more than all of them: a clock set back must not block for days.
CREATE FUNCTION sellerops.quota_missing(bucket sellerops.quota_bucket, moment timestamptz)
RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT least(bucket.burst, greatest(0, extract(epoch FROM bucket.tat - moment)::double precision / bucket.interval_s))
$$;

-- Seconds per token now: what Amazon told us, else the configured rate; slowed while a refusal is fresh.
CREATE FUNCTION sellerops.quota_interval(
    bucket sellerops.quota_bucket, moment timestamptz, p_share double precision, p_restore_s double precision
) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT 1 / (
        coalesce(bucket.learned_rate, bucket.rate) * p_share
        * CASE WHEN moment - bucket.refused_at BETWEEN interval '0' AND make_interval(secs => p_restore_s)
               THEN bucket.slowdown ELSE 1 END
    )
$$;

-- Takes one token or says how long to wait. p_reserve tokens of the burst are left untouched (work that can wait
-- leaves them to schedules); p_yields: also stand back while a schedule waited within the last interval.
CREATE FUNCTION sellerops.quota_acquire(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer,
    p_share double precision, p_restore_s double precision, p_reserve integer, p_yields boolean,
    OUT is_granted boolean, OUT wait_s double precision, OUT decided_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket := sellerops.quota_lock(p_application, p_account, p_operation, p_rate, p_burst);
    moment timestamptz := sellerops.now();
    missing double precision := sellerops.quota_missing(bucket, moment);
    token_s double precision := sellerops.quota_interval(bucket, moment, p_share, p_restore_s);
    stand_back_s double precision;
BEGIN
    decided_at := moment;
    wait_s := greatest(0, missing + 1 + least(p_reserve, p_burst - 1) - p_burst) * token_s;
    IF p_yields AND bucket.schedule_waiter_at <= moment THEN
        stand_back_s := token_s - extract(epoch FROM moment - bucket.schedule_waiter_at)::double precision;
        wait_s := greatest(wait_s, stand_back_s);
    END IF;
    is_granted := wait_s <= 0;
    UPDATE sellerops.quota_bucket SET
        tat = moment + make_interval(secs => (missing + is_granted::integer) * token_s),
        interval_s = token_s,
        rate = p_rate,
        burst = p_burst,
        granted = quota_bucket.granted + is_granted::integer,
        schedule_waiter_at = CASE
            WHEN p_yields THEN quota_bucket.schedule_waiter_at
            WHEN is_granted THEN NULL
            ELSE moment
        END,
        updated_at = moment
    WHERE application = p_application AND account_id = p_account AND operation = p_operation;
END
$$;

-- Amazon told its rate. The tokens missing stay missing; only their price in seconds changes. When the rate fell,
-- what we believed to have refilled since the last answer is taken back: nobody knows when in between it fell.
CREATE FUNCTION sellerops.quota_learn(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer,
    p_share double precision, p_told_rate double precision
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket := sellerops.quota_lock(p_application, p_account, p_operation, p_rate, p_burst);
    moment timestamptz := sellerops.now();
    missing double precision := sellerops.quota_missing(bucket, moment);
    fall double precision := coalesce(bucket.learned_rate, bucket.rate) - p_told_rate;
    token_s double precision := 1 / (p_told_rate * p_share);
BEGIN
    IF missing > 0 AND fall > 0 AND bucket.learned_at < moment THEN
        missing := least(p_burst, missing + fall * extract(epoch FROM moment - bucket.learned_at)::double precision);
    END IF;
    UPDATE sellerops.quota_bucket SET
        tat = moment + make_interval(secs => missing * token_s),
        interval_s = token_s,
        rate = p_rate,
        burst = p_burst,
        learned_rate = p_told_rate,
        learned_at = moment,
        slowdown = 1,
        updated_at = moment
    WHERE application = p_application AND account_id = p_account AND operation = p_operation;
END
$$;

-- Amazon refused a call (429): the bucket is empty, and the rate is assumed to be half. Several refusals within one
-- interval are one event: calls that were under way together must not slow us down to nothing.
CREATE FUNCTION sellerops.quota_refused(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer,
    p_share double precision, p_restore_s double precision
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket := sellerops.quota_lock(p_application, p_account, p_operation, p_rate, p_burst);
    moment timestamptz := sellerops.now();
    token_s double precision := sellerops.quota_interval(bucket, moment, p_share, p_restore_s);
    base_s double precision := 1 / (coalesce(bucket.learned_rate, bucket.rate) * p_share);
    slowdown_now double precision := base_s / token_s;
BEGIN
    IF bucket.refused_at IS NULL OR NOT moment - bucket.refused_at BETWEEN interval '0' AND make_interval(secs => token_s)
    THEN
        slowdown_now := greatest(slowdown_now / 2, 0.125);
    END IF;
    token_s := base_s / slowdown_now;
    UPDATE sellerops.quota_bucket SET
        tat = moment + make_interval(secs => p_burst * token_s),
        interval_s = token_s,
        rate = p_rate,
        burst = p_burst,
        slowdown = slowdown_now,
        refused_at = moment,
        refused = quota_bucket.refused + 1,
        updated_at = moment
    WHERE application = p_application AND account_id = p_account AND operation = p_operation;
END
$$;

CREATE TABLE sellerops.quota_budget (
    account_id       text NOT NULL,
    report_type      text NOT NULL,
    marketplace_id   text NOT NULL DEFAULT '',
    window_key       text NOT NULL DEFAULT '',
    last_created_at  timestamptz,
    previous_at      timestamptz,
    day              date,
    used             integer NOT NULL DEFAULT 0,
    token            uuid,
    PRIMARY KEY (account_id, report_type, marketplace_id, window_key)
);
COMMENT ON TABLE sellerops.quota_budget IS 'Per report type: when one was last created, and how many on a UTC day.';
COMMENT ON COLUMN sellerops.quota_budget.marketplace_id IS 'Empty: the cooldown counts for the whole account.';
COMMENT ON COLUMN sellerops.quota_budget.window_key IS 'Empty: the cooldown counts for all windows together.';
COMMENT ON COLUMN sellerops.quota_budget.previous_at IS 'last_created_at before the newest, to give a refused one back.';
COMMENT ON COLUMN sellerops.quota_budget.token IS 'Of the newest grant; a call that is repeated gets it again.';

-- Takes the right to create one report of a type for all of p_marketplaces, or none; says how long to wait and why.
-- The lock covers the type as a whole, because the daily budget counts over all its windows.
CREATE FUNCTION sellerops.quota_create(
    p_account text, p_report_type text, p_marketplaces text[], p_window text,
    p_cooldown_s double precision, p_daily_budget integer, p_token uuid,
    OUT is_granted boolean, OUT wait_s double precision, OUT reason text, OUT decided_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    cooldown_s double precision;
    budget_s double precision := 0;
    today date;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('sellerops.quota_budget ' || p_account || ' ' || p_report_type, 0));
    decided_at := sellerops.now();
    today := (decided_at AT TIME ZONE 'UTC')::date;

    SELECT coalesce(max(p_cooldown_s - extract(epoch FROM decided_at - last_created_at)::double precision), 0)
    INTO cooldown_s
    FROM sellerops.quota_budget
    WHERE account_id = p_account AND report_type = p_report_type AND marketplace_id = ANY (p_marketplaces)
      AND window_key = p_window AND last_created_at <= decided_at AND token IS DISTINCT FROM p_token;

    IF EXISTS (
        SELECT FROM sellerops.quota_budget
        WHERE account_id = p_account AND report_type = p_report_type AND marketplace_id = ANY (p_marketplaces)
          AND day = today
        GROUP BY marketplace_id
        HAVING sum(used) FILTER (WHERE token IS DISTINCT FROM p_token) >= p_daily_budget
    ) THEN
        budget_s := extract(epoch FROM (today + 1)::timestamp AT TIME ZONE 'UTC' - decided_at);
    END IF;

    wait_s := greatest(0, cooldown_s, budget_s);
    is_granted := wait_s <= 0;
    reason := CASE WHEN is_granted THEN '' WHEN budget_s > cooldown_s THEN 'budget' ELSE 'cooldown' END;
    IF is_granted THEN
        INSERT INTO sellerops.quota_budget AS stored
            (account_id, report_type, marketplace_id, window_key, last_created_at, day, used, token)
        SELECT p_account, p_report_type, name, p_window, decided_at, today, 1, p_token
        FROM unnest(p_marketplaces) AS name
        ON CONFLICT (account_id, report_type, marketplace_id, window_key) DO UPDATE SET
            previous_at = stored.last_created_at,
            last_created_at = excluded.last_created_at,
            used = CASE WHEN stored.day = today THEN stored.used ELSE 0 END + 1,
            day = today,
            token = p_token
        WHERE stored.token IS DISTINCT FROM p_token;
        DELETE FROM sellerops.quota_budget
        WHERE account_id = p_account AND report_type = p_report_type
          AND last_created_at < decided_at - greatest(interval '7 days', make_interval(secs => p_cooldown_s));
    END IF;
END
$$;
