-- Which archive belongs to this ledger: two deployments on one of them would take each other's documents.

CREATE TABLE sellerops.deployment (
    is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    archive     text,
    bound_at    timestamptz
);
COMMENT ON TABLE sellerops.deployment IS 'One row: the id that the archive carries too, and where the archive is.';
COMMENT ON COLUMN sellerops.deployment.archive IS 'Root of the archive; null until a task has used it.';
INSERT INTO sellerops.deployment DEFAULT VALUES;

-- Unknown columns whose names read like personal data: told, but never stored.
ALTER TABLE sellerops.schema_change DROP CONSTRAINT schema_change_kind_check;
ALTER TABLE sellerops.schema_change ADD CONSTRAINT schema_change_kind_check
    CHECK (kind IN ('added', 'dropped', 'duplicated', 'missing', 'personal'));

CREATE TABLE sellerops.personal_document (
    uri         text PRIMARY KEY,
    report      text NOT NULL,
    columns     text[] NOT NULL,
    found_at    timestamptz NOT NULL DEFAULT sellerops.now(),
    deleted_at  timestamptz
);
CREATE INDEX personal_document_kept ON sellerops.personal_document (found_at) WHERE deleted_at IS NULL;
COMMENT ON TABLE sellerops.personal_document IS
    'Archived documents with columns of personal data that no spec declares; deleted when their time is over.';
