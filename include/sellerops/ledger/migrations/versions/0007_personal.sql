-- Tables of personal data and how long they keep it.

CREATE TABLE sellerops.personal_table (
    table_name   text PRIMARY KEY,
    source       text NOT NULL,
    report       text NOT NULL,
    retention    interval NOT NULL,
    columns      text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT sellerops.now(),
    purged_at    timestamptz,
    purged_rows  bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE sellerops.personal_table IS 'Every table that holds personal columns: they are deleted though the spec be gone.';
COMMENT ON COLUMN sellerops.personal_table.retention IS 'Counted from personal_since of the rows.';
COMMENT ON COLUMN sellerops.personal_table.purged_rows IS 'Rows deleted so far because their time was over.';
