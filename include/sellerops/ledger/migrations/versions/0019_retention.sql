-- How far housekeeping has looked, and the indexes by which it finds what is past its time.

CREATE TABLE sellerops.purge_mark (
    table_name  text PRIMARY KEY,
    looked_at   timestamptz NOT NULL DEFAULT 'epoch',
    looked_id   bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE sellerops.purge_mark IS
    'Of tables that keep some old rows: up to which row (time, id) they were looked at. Each is looked at once.';
INSERT INTO sellerops.purge_mark (table_name) VALUES ('report_request'), ('schema_change');

CREATE INDEX IF NOT EXISTS report_request_ended ON sellerops.report_request (updated_at, id)
    WHERE status IN ('ARCHIVED', 'CANCELLED', 'FATAL', 'FAILED') AND created_by IS DISTINCT FROM 'amazon';
CREATE INDEX IF NOT EXISTS report_reuse_by_time ON sellerops.report_reuse (reused_at);
CREATE INDEX IF NOT EXISTS notice_by_time ON sellerops.notice (claimed_at);
CREATE INDEX IF NOT EXISTS warning_ended ON sellerops.warning (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS check_result_by_time ON sellerops.check_result (checked_at) WHERE verdict <> 'off';
CREATE INDEX IF NOT EXISTS personal_document_deleted ON sellerops.personal_document (deleted_at)
    WHERE deleted_at IS NOT NULL;
-- All notices of a run are those whose keys begin alike: the primary key finds them only in byte order.
ALTER TABLE sellerops.notice ALTER COLUMN key TYPE text COLLATE "C";
