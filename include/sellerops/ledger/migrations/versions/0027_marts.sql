-- Which input tables marts read; the trigger below notes changes of these only.
CREATE TABLE sellerops.mart_input (
    mart               text NOT NULL,
    destination        text NOT NULL,
    table_name         text NOT NULL,
    PRIMARY KEY (table_name, destination, mart)
);
COMMENT ON TABLE sellerops.mart_input IS 'Tables that marts read, per destination. Loads of other tables leave no change behind.';

CREATE TABLE sellerops.table_change (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name         text NOT NULL,
    destination        text NOT NULL,
    account_id         text NOT NULL,
    marketplace_id     text,
    first_day          date,
    last_day           date,
    load_id            bigint,
    replaced           boolean NOT NULL DEFAULT false,
    changed_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.table_change IS 'Loads, and edits of reference tables, that marts have not looked at yet.';
COMMENT ON COLUMN sellerops.table_change.load_id IS 'The load; null: an edit, whose days are first_day to last_day (null: open).';
COMMENT ON COLUMN sellerops.table_change.replaced IS 'The load deleted rows: its whole window has changed.';
CREATE INDEX table_change_by_destination ON sellerops.table_change (destination, id);

CREATE FUNCTION sellerops.note_table_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever changes mart_input waits until this transaction has committed: it did not see the change.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('sellerops.mart_input', 0));
    IF EXISTS (SELECT FROM sellerops.mart_input AS i WHERE i.table_name = NEW.table_name AND i.destination = NEW.destination) THEN
        INSERT INTO sellerops.table_change (table_name, destination, account_id, marketplace_id, first_day, last_day, load_id, replaced)
        VALUES (NEW.table_name, NEW.destination, NEW.account_id, nullif(NEW.marketplace_id, ''), NEW.first_day, NEW.last_day, NEW.id,
                NEW.replaced > 0);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION sellerops.note_table_change IS 'Notes a load that changed rows of a table that a mart reads, in the transaction of the load.';
CREATE TRIGGER load_changes_table AFTER INSERT ON sellerops.load FOR EACH ROW
    WHEN (NEW.inserted + NEW.updated + NEW.replaced > 0) EXECUTE FUNCTION sellerops.note_table_change();

CREATE FUNCTION sellerops.note_edit(p_table text, p_account text, p_first_day date, p_last_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('sellerops.mart_input', 0));
    INSERT INTO sellerops.table_change (table_name, destination, account_id, first_day, last_day)
    SELECT DISTINCT p_table, i.destination, p_account, p_first_day, p_last_day
    FROM sellerops.mart_input AS i WHERE i.table_name = p_table;
END $$;
COMMENT ON FUNCTION sellerops.note_edit IS
    'Notes that rows of a reference table that apply to these days (null: open) were edited. Empty account: of all accounts.';

CREATE TABLE sellerops.mart_pending (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mart               text NOT NULL,
    destination        text NOT NULL,
    account_id         text NOT NULL,
    marketplace_id     text,
    first_day          date,
    last_day           date,
    cause              text NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.mart_pending IS 'Partitions of marts that must be rebuilt. Deleted in the transaction that rebuilds them.';
COMMENT ON COLUMN sellerops.mart_pending.marketplace_id IS 'Null: all marketplaces of the account.';
COMMENT ON COLUMN sellerops.mart_pending.cause IS 'The input table or mart that changed, or why else.';
CREATE INDEX mart_pending_by_mart ON sellerops.mart_pending (mart, destination, id);

CREATE TABLE sellerops.mart_definition (
    mart               text NOT NULL,
    destination        text NOT NULL,
    digest             text NOT NULL,
    known_accounts     text[] NOT NULL DEFAULT '{}',
    noted_at           timestamptz NOT NULL DEFAULT sellerops.now(),
    PRIMARY KEY (mart, destination)
);
COMMENT ON TABLE sellerops.mart_definition IS 'The SELECT a mart was last built from. If it changes, the mart is rebuilt in full.';

CREATE TABLE sellerops.mart_build (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mart               text NOT NULL,
    destination        text NOT NULL,
    spans              integer NOT NULL,
    first_day          date,
    last_day           date,
    deleted            bigint NOT NULL,
    inserted           bigint NOT NULL,
    seconds            double precision NOT NULL,
    dag_id             text,
    run_id             text,
    built_at           timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.mart_build IS 'Every rebuild of a mart: what it covered and what it wrote.';
CREATE INDEX mart_build_by_mart ON sellerops.mart_build (mart, destination, id DESC);

-- The accounts with loads in a destination, one step of the index each.
CREATE INDEX IF NOT EXISTS load_by_destination ON sellerops.load (destination, account_id);
