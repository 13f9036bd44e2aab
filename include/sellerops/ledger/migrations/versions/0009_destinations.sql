-- Loads of several destinations: their watermarks and what they cost.

ALTER TABLE sellerops.load
    ADD COLUMN bytes_processed bigint,
    ADD COLUMN job_ids text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN sellerops.load.bytes_processed IS 'What the destination says its jobs read; null where it does not tell.';
COMMENT ON COLUMN sellerops.load.job_ids IS 'The destination''s own names of the jobs that made the load.';

ALTER TABLE sellerops.table_watermark
    ADD COLUMN destination text NOT NULL DEFAULT 'postgres',
    DROP CONSTRAINT table_watermark_pkey,
    ADD PRIMARY KEY (destination, table_name, account_id, place, day);
ALTER TABLE sellerops.table_watermark ALTER COLUMN destination DROP DEFAULT;

-- A destination with transactions of its own is told to commit only after this row stands: whoever loads next asks it
-- what became of the job, and finishes or forgets what the row says.
CREATE TABLE sellerops.load_intent (
    load_id      bigint PRIMARY KEY,
    destination  text NOT NULL,
    table_name   text NOT NULL,
    account_id   text NOT NULL,
    place        text NOT NULL,
    job_id       text NOT NULL,
    details      jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.load_intent IS 'Loads whose rows are on their way: what the ledger says once they are there.';
CREATE INDEX load_intent_by_place ON sellerops.load_intent (destination, table_name, account_id, place);

CREATE TABLE sellerops.restatement_intent (LIKE sellerops.restatement INCLUDING ALL);
COMMENT ON TABLE sellerops.restatement_intent IS 'Changed cells of loads in load_intent.';
