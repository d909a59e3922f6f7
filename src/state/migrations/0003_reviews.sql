-- What people decided of records, row by row as it was given; of a record's rows the last one counts.
CREATE TABLE reviews (
    id          INTEGER PRIMARY KEY,
    batch       INTEGER NOT NULL REFERENCES batches,
    number      INTEGER NOT NULL,  -- the record's own in its category, be it in the ledger or in a shard
    verdict     TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'skip')),
    reason      TEXT NOT NULL,
    reviewer    TEXT NOT NULL,
    reviewed_at TEXT NOT NULL
) STRICT;
CREATE INDEX reviews_by_record ON reviews (batch, number);
