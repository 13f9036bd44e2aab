-- As it was before the holds.
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
