CREATE TABLE sellerops.restock_override (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id         text NOT NULL,
    marketplace_id     text NOT NULL,
    sku                text NOT NULL,
    quantity           integer NOT NULL CHECK (quantity >= 0),
    first_day          date NOT NULL,
    last_day           date NOT NULL CHECK (last_day >= first_day),
    reason             text NOT NULL CHECK (reason <> ''),
    author             text NOT NULL CHECK (author <> ''),
    created_at         timestamptz NOT NULL DEFAULT sellerops.now(),
    ended_at           timestamptz,
    ended_by           text
);
COMMENT ON TABLE sellerops.restock_override IS 'Order quantities that a person set instead of the proposed ones. Rows are never deleted.';
COMMENT ON COLUMN sellerops.restock_override.marketplace_id IS 'Of a shared stock pool: the first of its marketplaces that the account sells in, as in the mart restock.';
COMMENT ON COLUMN sellerops.restock_override.quantity IS 'Units to order instead; 0: order nothing.';
COMMENT ON COLUMN sellerops.restock_override.last_day IS 'Last day on which it holds.';
COMMENT ON COLUMN sellerops.restock_override.ended_at IS 'When a person ended it before its last day, or replaced it.';
CREATE INDEX restock_override_by_sku ON sellerops.restock_override (account_id, marketplace_id, sku, id DESC);
