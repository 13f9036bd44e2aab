-- Texts of accepted rows that arrived damaged and are stored with a mark where characters were lost.

ALTER TABLE sellerops.load ADD COLUMN damaged_texts bigint NOT NULL DEFAULT 0 CHECK (damaged_texts >= 0);
