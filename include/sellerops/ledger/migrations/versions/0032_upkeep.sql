-- Backups, restores, and what grows.

CREATE TABLE sellerops.backup (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target      text NOT NULL,
    began_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    backup      text,
    nbytes      bigint,
    documents   bigint,
    damaged     bigint,
    error       text
);
COMMENT ON TABLE sellerops.backup IS 'Backups that were begun, by real time. A restored ledger lacks the backup it came from.';
COMMENT ON COLUMN sellerops.backup.target IS 'Address that backups are written to.';
COMMENT ON COLUMN sellerops.backup.backup IS 'Id of the complete backup; null: it failed or is in progress.';
COMMENT ON COLUMN sellerops.backup.nbytes IS 'Size of the dumps and lists, without the documents.';
COMMENT ON COLUMN sellerops.backup.damaged IS 'Documents that the archive lacks, or that do not match their hash there.';

ALTER TABLE sellerops.deployment ADD COLUMN restored_at timestamptz;
ALTER TABLE sellerops.deployment ADD COLUMN restored_to timestamptz;
COMMENT ON COLUMN sellerops.deployment.restored_at IS 'When the ledger was restored from a backup; null: never.';
COMMENT ON COLUMN sellerops.deployment.restored_to IS
    'The moment of that backup. What was written to Amazon between the two may be unknown, so it is looked for first.';

CREATE TABLE sellerops.size_sample (
    sampled_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text NOT NULL,
    name        text NOT NULL,
    nbytes      bigint NOT NULL,
    free        bigint,
    PRIMARY KEY (kind, name, sampled_at)
);
COMMENT ON TABLE sellerops.size_sample IS 'Sizes of databases, folders and file systems, once a day and by real time.';
COMMENT ON COLUMN sellerops.size_sample.kind IS 'database, schema, table, folder or file_system.';
COMMENT ON COLUMN sellerops.size_sample.free IS 'Free bytes of a file system.';
