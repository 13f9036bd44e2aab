CREATE TABLE sellerops.audit_entry (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at        timestamptz NOT NULL DEFAULT sellerops.now(),
    user_name          text NOT NULL,
    action             text NOT NULL,
    account_id         text NOT NULL DEFAULT '',
    subject            text NOT NULL,
    before             jsonb,
    after              jsonb
);
COMMENT ON TABLE sellerops.audit_entry IS 'What people changed or started in the seller hub. Rows are never changed.';
COMMENT ON COLUMN sellerops.audit_entry.action IS 'What was done, as page.verb: alert.snooze, stock.edit, run.start, ...';
COMMENT ON COLUMN sellerops.audit_entry.account_id IS 'Empty: of no account.';
COMMENT ON COLUMN sellerops.audit_entry.subject IS 'What it was done to: a SKU, an alert, a DAG run, a setting.';
COMMENT ON COLUMN sellerops.audit_entry.before IS 'What was there before; null: nothing.';
COMMENT ON COLUMN sellerops.audit_entry.after IS 'What is there since; null: it was deleted.';
CREATE INDEX audit_entry_by_time ON sellerops.audit_entry (happened_at DESC, id DESC);

CREATE TABLE sellerops.hub_setting (
    name               text PRIMARY KEY,
    value              jsonb NOT NULL,
    changed_by         text NOT NULL,
    changed_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.hub_setting IS 'Settings of the seller hub that differ from their default.';

CREATE TABLE sellerops.connection_test (
    connection         text PRIMARY KEY,
    state              text NOT NULL CHECK (state IN ('ok', 'failed', 'absent')),
    message            text NOT NULL,
    tested_at          timestamptz NOT NULL DEFAULT sellerops.now(),
    worked_at          timestamptz,
    run_id             text NOT NULL DEFAULT ''
);
COMMENT ON TABLE sellerops.connection_test IS 'The last test of each Airflow connection, by DAG sellerops__connections.';
COMMENT ON COLUMN sellerops.connection_test.connection IS 'Id of the connection in Airflow.';
COMMENT ON COLUMN sellerops.connection_test.message IS 'What the other side answered. Without secrets.';
COMMENT ON COLUMN sellerops.connection_test.worked_at IS 'The newest test that it passed; null: none.';
