-- Calls that change something at Amazon: stored before they are sent, so that none is sent twice.

CREATE TABLE sellerops.write_call (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key                text NOT NULL UNIQUE,
    account_id         text NOT NULL,
    operation          text NOT NULL,
    method             text NOT NULL,
    path               text NOT NULL,
    body_hash          text NOT NULL,
    found_by           text NOT NULL,
    state              text NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'sent', 'answered', 'refused')),
    holder             uuid,
    held_until         timestamptz,
    sends              integer NOT NULL DEFAULT 0,
    sent_at            timestamptz,
    answered_at        timestamptz,
    was_found          boolean NOT NULL DEFAULT false,
    status             integer,
    answer             jsonb,
    error_type         text,
    error_code         text,
    error              text,
    created_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    CONSTRAINT a_sent_call_has_its_time CHECK (state = 'intended' OR sent_at IS NOT NULL),
    CONSTRAINT an_answered_call_has_its_answer CHECK ((state = 'answered') = (answer IS NOT NULL))
);
COMMENT ON TABLE sellerops.write_call IS
    'Every call that changes something at Amazon, one row per intention; written before the call is sent.';
COMMENT ON COLUMN sellerops.write_call.key IS 'Names the intention, e.g. inbound/17/createInboundPlan/1; the same key is never carried out twice.';
COMMENT ON COLUMN sellerops.write_call.body_hash IS 'SHA-256 of the body as canonical JSON; bodies are not stored, because they contain addresses.';
COMMENT ON COLUMN sellerops.write_call.found_by IS 'How to find out whether the call took effect when its answer was lost.';
COMMENT ON COLUMN sellerops.write_call.state IS
    'intended: not sent yet, or certainly without effect; sent: its answer is not known; answered; refused by Amazon.';
COMMENT ON COLUMN sellerops.write_call.was_found IS 'The answer was lost; a look at Amazon found that the call had taken effect.';
CREATE INDEX write_call_unanswered ON sellerops.write_call (sent_at) WHERE state = 'sent';

-- FBA inbound shipments. All instants are UTC.

CREATE TABLE sellerops.inbound_run (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id         text NOT NULL,
    marketplace_id     text NOT NULL,
    name               text NOT NULL,
    state              text NOT NULL DEFAULT 'planning' CHECK (state IN (
                           'planning', 'awaiting_approval', 'confirming', 'confirmed', 'shipped', 'closed',
                           'rejected', 'cancelled', 'dry_run', 'failed')),
    request            jsonb NOT NULL,
    asked_hash         text,
    dag_id             text NOT NULL,
    run_id             text NOT NULL,
    requested_by       text,
    plan_id            text UNIQUE,
    packing_option_id  text,
    packing_fees       jsonb NOT NULL DEFAULT '[]',
    placement_option_id text,
    problem            text,
    remedy             text,
    created_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    updated_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    UNIQUE (dag_id, run_id),
    UNIQUE (account_id, name)
);
COMMENT ON TABLE sellerops.inbound_run IS 'One FBA inbound shipment from request to receipt: an inbound plan at Amazon.';
COMMENT ON COLUMN sellerops.inbound_run.name IS 'The name of the plan at Amazon (at most 40 characters), unique for the account: a lost plan is found by it.';
COMMENT ON COLUMN sellerops.inbound_run.request IS 'What the form or the packing list asked for, after validation.';
COMMENT ON COLUMN sellerops.inbound_run.asked_hash IS
    'Digest of the request as it was asked for, before owners were derived or boxes replaced: tells another form from a cleared task.';
COMMENT ON COLUMN sellerops.inbound_run.packing_fees IS 'Fees and discounts of the confirmed packing option, verbatim; part of every total.';
CREATE INDEX inbound_run_open ON sellerops.inbound_run (updated_at)
    WHERE state NOT IN ('closed', 'rejected', 'cancelled', 'dry_run');

CREATE TABLE sellerops.inbound_item (
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    line               integer NOT NULL,
    sku                text NOT NULL,
    quantity           integer NOT NULL CHECK (quantity > 0),
    prep_owner         text NOT NULL CHECK (prep_owner IN ('AMAZON', 'SELLER', 'NONE')),
    label_owner        text NOT NULL CHECK (label_owner IN ('AMAZON', 'SELLER', 'NONE')),
    expiration         date,
    lot                text,
    PRIMARY KEY (inbound_run_id, line)
);
COMMENT ON TABLE sellerops.inbound_item IS 'The SKUs and units of a run as planned.';

CREATE TABLE sellerops.inbound_box (
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    box                integer NOT NULL,
    name               text NOT NULL,
    boxes              integer NOT NULL CHECK (boxes > 0),
    length             numeric NOT NULL,
    width              numeric NOT NULL,
    height             numeric NOT NULL,
    dimension_unit     text NOT NULL CHECK (dimension_unit IN ('CM', 'IN')),
    weight             numeric NOT NULL,
    weight_unit        text NOT NULL CHECK (weight_unit IN ('KG', 'LB')),
    PRIMARY KEY (inbound_run_id, box)
);
COMMENT ON TABLE sellerops.inbound_box IS 'The boxes of a run; `boxes` counts identical ones.';

CREATE TABLE sellerops.inbound_box_item (
    inbound_run_id     bigint NOT NULL,
    box                integer NOT NULL,
    line               integer NOT NULL,
    quantity           integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (inbound_run_id, box, line),
    FOREIGN KEY (inbound_run_id, box) REFERENCES sellerops.inbound_box ON DELETE CASCADE,
    FOREIGN KEY (inbound_run_id, line) REFERENCES sellerops.inbound_item ON DELETE CASCADE
);
COMMENT ON TABLE sellerops.inbound_box_item IS 'Which units are in which box: `quantity` in each of the identical boxes.';

CREATE TABLE sellerops.inbound_step (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    step               text NOT NULL,
    subject            text NOT NULL DEFAULT '',
    generation         integer NOT NULL DEFAULT 1,
    state              text NOT NULL DEFAULT 'started' CHECK (state IN ('started', 'done', 'not_needed', 'failed', 'superseded')),
    operation          text,
    operation_id       text,
    problems           jsonb NOT NULL DEFAULT '[]',
    expires_at         timestamptz,
    result             jsonb NOT NULL DEFAULT '{}',
    error_type         text,
    error              text,
    started_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at           timestamptz,
    UNIQUE (inbound_run_id, step, subject, generation)
);
COMMENT ON TABLE sellerops.inbound_step IS
    'Every operation of a run at Amazon: one row per step, subject (an option or a shipment) and generation.';
COMMENT ON COLUMN sellerops.inbound_step.generation IS 'Counts how often the step was carried out: expired options are generated again.';
COMMENT ON COLUMN sellerops.inbound_step.problems IS 'Amazon''s operation problems verbatim; warnings come with success, too.';

CREATE TABLE sellerops.inbound_placement_option (
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    placement_option_id text NOT NULL,
    generation         integer NOT NULL,
    status             text NOT NULL,
    shipment_ids       text[] NOT NULL,
    fees               jsonb NOT NULL DEFAULT '[]',
    discounts          jsonb NOT NULL DEFAULT '[]',
    expires_at         timestamptz,
    PRIMARY KEY (inbound_run_id, placement_option_id)
);
COMMENT ON TABLE sellerops.inbound_placement_option IS 'The ways in which Amazon offers to split a run among its warehouses, with fees.';

CREATE TABLE sellerops.inbound_transportation_option (
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    transportation_option_id text NOT NULL,
    generation         integer NOT NULL,
    placement_option_id text NOT NULL,
    shipment_id        text NOT NULL,
    mode               text NOT NULL,
    solution           text NOT NULL,
    carrier            text,
    carrier_code       text,
    cost               numeric,
    currency           text,
    preconditions      text[] NOT NULL DEFAULT '{}',
    expires_at         timestamptz,
    voidable_until     timestamptz,
    PRIMARY KEY (inbound_run_id, transportation_option_id)
);
COMMENT ON TABLE sellerops.inbound_transportation_option IS 'How each shipment of each placement option could travel, with its cost.';

CREATE TABLE sellerops.inbound_shipment (
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    shipment_id        text NOT NULL,
    placement_option_id text NOT NULL,
    is_chosen          boolean NOT NULL DEFAULT false,
    status             text NOT NULL,
    name               text,
    confirmation_id    text,
    warehouse_id       text,
    destination_type   text,
    destination_country text,
    destination_state  text,
    destination_city   text,
    destination_postal_code text,
    amazon_reference_id text,
    transportation_option_id text,
    delivery_window_start timestamptz,
    delivery_window_end timestamptz,
    delivery_window_editable_until timestamptz,
    tracking           jsonb NOT NULL DEFAULT '[]',
    boxes              integer,
    weight             numeric,
    weight_unit        text,
    placement_fee      numeric,
    transportation_fee numeric,
    currency           text,
    voidable_until     timestamptz,
    confirmed_at       timestamptz,
    shipped_at         timestamptz,
    delivered_at       timestamptz,
    closed_at          timestamptz,
    checked_at         timestamptz,
    PRIMARY KEY (inbound_run_id, shipment_id)
);
COMMENT ON TABLE sellerops.inbound_shipment IS
    'The shipments of a run: of every placement option until one is confirmed (`is_chosen`), with destination, carrier and fees.';
COMMENT ON COLUMN sellerops.inbound_shipment.shipped_at IS
    'When it was first seen as shipped, by the ledger''s clock; `delivered_at` and `closed_at` alike.';
CREATE UNIQUE INDEX inbound_shipment_confirmed ON sellerops.inbound_shipment (confirmation_id) WHERE confirmation_id IS NOT NULL;

CREATE TABLE sellerops.inbound_shipment_item (
    inbound_run_id     bigint NOT NULL,
    shipment_id        text NOT NULL,
    sku                text NOT NULL,
    planned            integer NOT NULL DEFAULT 0,
    shipped            integer,
    received           integer,
    fnsku              text,
    asin               text,
    checked_at         timestamptz,
    difference_reported_at timestamptz,
    PRIMARY KEY (inbound_run_id, shipment_id, sku),
    FOREIGN KEY (inbound_run_id, shipment_id) REFERENCES sellerops.inbound_shipment ON DELETE CASCADE
);
COMMENT ON TABLE sellerops.inbound_shipment_item IS 'Units of a SKU in a shipment: planned, shipped and received, according to Amazon.';

CREATE TABLE sellerops.inbound_decision (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    asked_about        text NOT NULL,
    offer              jsonb NOT NULL,
    fingerprint        text NOT NULL,
    choice             text NOT NULL CHECK (choice IN ('approved', 'rejected', 'timed_out', 'auto_approved')),
    placement_option_id text,
    transportation     jsonb NOT NULL DEFAULT '{}',
    decided_by         text NOT NULL,
    note               text,
    decided_at         timestamptz NOT NULL DEFAULT sellerops.now()
);
COMMENT ON TABLE sellerops.inbound_decision IS 'Who decided what about a run, on which numbers. Rows are never changed.';
COMMENT ON COLUMN sellerops.inbound_decision.offer IS 'The combinations as shown to the person, with fees.';
COMMENT ON COLUMN sellerops.inbound_decision.fingerprint IS 'Digest of the approved numbers: changed numbers need a new decision.';
COMMENT ON COLUMN sellerops.inbound_decision.transportation IS 'Shipment id -> transportation option id, as approved.';
CREATE INDEX inbound_decision_by_run ON sellerops.inbound_decision (inbound_run_id, id DESC);

CREATE TABLE sellerops.inbound_document (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inbound_run_id     bigint NOT NULL REFERENCES sellerops.inbound_run ON DELETE CASCADE,
    kind               text NOT NULL CHECK (kind IN ('box_labels', 'pallet_labels', 'item_labels', 'bill_of_lading')),
    shipment_id        text NOT NULL DEFAULT '',
    part               integer NOT NULL DEFAULT 1,
    archive_uri        text NOT NULL,
    media_type         text NOT NULL,
    bytes              bigint NOT NULL,
    sha256             text NOT NULL,
    fetched_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    UNIQUE (inbound_run_id, kind, shipment_id, part)
);
COMMENT ON TABLE sellerops.inbound_document IS 'Labels and bills of lading in the archive; the newest of each kind and shipment.';
COMMENT ON COLUMN sellerops.inbound_document.part IS 'Numbers the files of a kind: Amazon returns the labels of at most 1000 boxes at once.';
