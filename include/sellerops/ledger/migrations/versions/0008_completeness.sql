-- Gaps found and filled, and deprecations told.

CREATE TABLE sellerops.gap_fill (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report           text NOT NULL,
    account_id       text NOT NULL,
    marketplace_ids  text[] NOT NULL,
    first_day        date NOT NULL,
    last_day         date NOT NULL,
    states           text[] NOT NULL,
    dag_id           text NOT NULL,
    run_id           text UNIQUE,
    claimed_at       timestamptz NOT NULL,
    released_at      timestamptz
);
COMMENT ON TABLE sellerops.gap_fill IS 'Every run that was started for days that were missing, late or failed.';
COMMENT ON COLUMN sellerops.gap_fill.marketplace_ids IS 'The empty id stands for all shops of a region together.';
COMMENT ON COLUMN sellerops.gap_fill.states IS 'How the days stood when the run was started.';
COMMENT ON COLUMN sellerops.gap_fill.released_at IS 'The run could not be started after all.';
CREATE INDEX gap_fill_by_report ON sellerops.gap_fill (report, account_id, first_day);
CREATE INDEX gap_fill_by_time ON sellerops.gap_fill (claimed_at);
