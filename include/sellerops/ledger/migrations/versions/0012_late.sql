-- What was promised and did not come in time, and what Amazon is about to forget.

CREATE TABLE sellerops.warning (
    fault_key   text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('late', 'expiring')),
    report      text NOT NULL,
    account_id  text NOT NULL,
    slices      jsonb NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz,
    opened_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    told_at     timestamptz,
    ended_at    timestamptz
);
COMMENT ON TABLE sellerops.warning IS 'Days people were warned of: late, or soon not served any more. Open until they landed or are lost.';
COMMENT ON COLUMN sellerops.warning.slices IS 'A list of [marketplace id (empty: all shops), day].';
COMMENT ON COLUMN sellerops.warning.since IS 'late: the promised time. expiring: when it was found.';
COMMENT ON COLUMN sellerops.warning.until IS 'expiring: when Amazon has stopped serving the last of the days.';
CREATE INDEX warning_open ON sellerops.warning (report, account_id) WHERE ended_at IS NULL;
