-- Indexes for what is asked once a run, a load, a quarter of an hour or a day. Built beforehand without locking
-- anybody out where the ledger is large (sellerops.ledger.indexes): every statement may find its work done.

-- The end of a run: which of its days failed, how many it loaded.
CREATE INDEX IF NOT EXISTS slice_state_by_run ON sellerops.slice_state (run_id, dag_id);
-- The summary of a day, and which reports were heard of lately.
CREATE INDEX IF NOT EXISTS slice_state_by_time ON sellerops.slice_state (updated_at);
-- What failed or never ended: a small part of the table, by report or by time.
CREATE INDEX IF NOT EXISTS slice_state_unsettled ON sellerops.slice_state (report, updated_at)
    WHERE state IN ('PLANNED', 'REQUESTED', 'FAILED');
-- Nothing asked by day across all reports; it was written with every change of a state.
DROP INDEX IF EXISTS sellerops.slice_state_by_day;

-- Parts of one window that were asked for already, and what a backfill would find in the archive.
CREATE INDEX IF NOT EXISTS report_request_by_window
    ON sellerops.report_request (account_id, report_type, window_start);
-- In place of report_request_by_report_id: a notification names a report and no account.
CREATE INDEX IF NOT EXISTS report_request_by_report
    ON sellerops.report_request (report_id, account_id) WHERE report_id IS NOT NULL;
DROP INDEX IF EXISTS sellerops.report_request_by_report_id;

-- Loads of the last days: their findings, the summary, what they cost.
CREATE INDEX IF NOT EXISTS load_by_time ON sellerops.load (recorded_at);
-- Whether another destination has loaded the same document.
CREATE INDEX IF NOT EXISTS load_by_document ON sellerops.load (table_name, account_id, reported_at);
CREATE INDEX IF NOT EXISTS schema_change_by_load ON sellerops.schema_change (load_id);

-- Deliveries that people look for: few of many.
CREATE INDEX IF NOT EXISTS delivery_unsent ON sellerops.delivery (id) WHERE state IN ('WAITING', 'GIVEN_UP');
-- Notifications of nobody, or that could not be read.
CREATE INDEX IF NOT EXISTS notification_problem ON sellerops.notification (received_at)
    WHERE problem IS NOT NULL OR (account_id IS NULL AND report_id IS NOT NULL);
-- All questions about one slice.
CREATE INDEX IF NOT EXISTS quarantine_by_report ON sellerops.quarantine (report, account_id);
