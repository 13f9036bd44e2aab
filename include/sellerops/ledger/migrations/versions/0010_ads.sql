-- Amazon Ads: profiles, columns that were refused, and quotas that are told only by refusals.

CREATE TABLE sellerops.ads_profiles_listed (
    account_id  text PRIMARY KEY,
    listed_at   timestamptz NOT NULL
);
COMMENT ON TABLE sellerops.ads_profiles_listed IS 'When the advertising profiles of an account were listed last.';

CREATE TABLE sellerops.ads_profile (
    account_id      text NOT NULL,
    profile_id      text NOT NULL,
    marketplace_id  text NOT NULL,
    country_code    text NOT NULL,
    currency_code   text NOT NULL,
    timezone        text NOT NULL,
    name            text NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, profile_id)
);
COMMENT ON TABLE sellerops.ads_profile IS 'Advertising profiles of sellers, as Amazon listed them last: one account in one shop.';
COMMENT ON COLUMN sellerops.ads_profile.timezone IS 'The zone of all dates of the profile''s reports.';

CREATE TABLE sellerops.ads_refused_column (
    account_id   text NOT NULL,
    profile_id   text NOT NULL,
    report_type  text NOT NULL,
    group_by     text NOT NULL,
    column_name  text NOT NULL,
    reason       text NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    retry_at     timestamptz NOT NULL,
    PRIMARY KEY (account_id, profile_id, report_type, group_by, column_name)
);
COMMENT ON TABLE sellerops.ads_refused_column IS 'Columns that Amazon Ads refused: reports are asked for without them until retry_at.';

-- A refusal that says when to come again, or comes again and again, holds a bucket longer than its tokens can say.
ALTER TABLE sellerops.quota_bucket
    ADD COLUMN hold_until timestamptz,
    ADD COLUMN hold_s double precision NOT NULL DEFAULT 0,
    ADD COLUMN holds integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN sellerops.quota_bucket.hold_until IS 'No call before: Amazon said so, or refused several calls in a row.';
COMMENT ON COLUMN sellerops.quota_bucket.holds IS 'Refusals in a row without a time to come again.';

-- As before, and never within a hold.
CREATE OR REPLACE FUNCTION sellerops.quota_acquire(
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
    -- Never longer than the hold itself: a clock set back must not block for days.
    IF bucket.hold_until > moment THEN
        wait_s := greatest(wait_s, least(bucket.hold_s, extract(epoch FROM bucket.hold_until - moment)::double precision));
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

-- Amazon refused a call (429). p_retry_after_s: when it may be made again, by Amazon; NULL: 2 s, doubled by every
-- refusal in a row up to 5 minutes, stretched by p_share_of_jitter of itself. The pace is halved as by any refusal.
-- Refusals of calls that were under way together are one event.
CREATE FUNCTION sellerops.quota_held(
    p_application text, p_account text, p_operation text, p_rate double precision, p_burst integer,
    p_share double precision, p_restore_s double precision, p_retry_after_s double precision,
    p_share_of_jitter double precision
) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    bucket sellerops.quota_bucket := sellerops.quota_lock(p_application, p_account, p_operation, p_rate, p_burst);
    moment timestamptz := sellerops.now();
    is_same_event boolean := coalesce(bucket.hold_until > moment AND p_retry_after_s IS NULL, false);
    is_in_row boolean := coalesce(
        moment - bucket.hold_until BETWEEN interval '0' AND make_interval(secs => greatest(60, 2 * bucket.hold_s)), false);
    holds_now integer := CASE
        WHEN p_retry_after_s IS NOT NULL THEN 0
        WHEN is_same_event THEN bucket.holds
        WHEN is_in_row THEN bucket.holds + 1
        ELSE 1
    END;
    seconds double precision := coalesce(
        p_retry_after_s, least(300, 2 * 2 ^ (least(holds_now, 20) - 1)) * (1 + p_share_of_jitter));
BEGIN
    PERFORM sellerops.quota_refused(p_application, p_account, p_operation, p_rate, p_burst, p_share, p_restore_s);
    IF is_same_event THEN
        RETURN extract(epoch FROM bucket.hold_until - moment);
    END IF;
    UPDATE sellerops.quota_bucket SET
        hold_until = moment + make_interval(secs => seconds),
        hold_s = seconds,
        holds = holds_now,
        -- What is held is not also empty: the hold says all.
        tat = CASE WHEN p_retry_after_s IS NULL THEN tat ELSE
            moment + make_interval(secs => seconds) + make_interval(secs => (p_burst - 1) * interval_s) END
    WHERE application = p_application AND account_id = p_account AND operation = p_operation;
    RETURN seconds;
END
$$;
