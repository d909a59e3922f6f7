-- What agents need: records that live in the ledger, calls that can be found again, and what workers were told.

-- Small and paid batches keep their records here, large and free ones in shards.
CREATE TABLE records (
    batch   INTEGER NOT NULL REFERENCES batches,
    number  INTEGER NOT NULL,  -- the candidate's own number in its category
    quality REAL NOT NULL,
    text    TEXT NOT NULL,     -- compact JSON
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

ALTER TABLE fingerprints ADD COLUMN embeddings BLOB;  -- float16, (records, dimensions)
ALTER TABLE fingerprints ADD COLUMN senses BLOB;      -- uint64

-- One row a call, stored before its records are judged. `key` is what was asked; a call of the same batch with the same
-- key is not sent again. `turn` counts the calls of a batch from 0.
DROP TABLE calls;
CREATE TABLE calls (
    id            INTEGER PRIMARY KEY,
    batch         INTEGER REFERENCES batches,
    run           INTEGER REFERENCES runs,
    turn          INTEGER NOT NULL,
    role          TEXT NOT NULL,
    model         TEXT NOT NULL,
    key           TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    outcome       TEXT NOT NULL,
    tokens_in     INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL,
    tokens_out    INTEGER NOT NULL,
    cost_usd      REAL NOT NULL,
    latency_ms    REAL NOT NULL,
    called_at_ms  INTEGER NOT NULL,
    answer        TEXT
) STRICT;
CREATE INDEX calls_by_batch ON calls (batch);

-- What the worker of a batch was told, fixed before its first call, so that a resumed batch asks the same.
CREATE TABLE briefs (
    batch INTEGER PRIMARY KEY REFERENCES batches,
    brief TEXT NOT NULL  -- JSON
) STRICT;

-- Every prompt that was used, by the SHA-256 of its file.
CREATE TABLE prompts (
    sha256  TEXT PRIMARY KEY,
    name    TEXT NOT NULL,
    text    TEXT NOT NULL,
    used_at TEXT NOT NULL
) STRICT;

-- How fast each model goes, learned by its runs.
CREATE TABLE pace (
    model       TEXT PRIMARY KEY,
    batch_size  INTEGER NOT NULL,
    concurrency INTEGER NOT NULL
) STRICT;

-- Who approved what: starts of runs, and changes to the plan.
CREATE TABLE approvals (
    id          INTEGER PRIMARY KEY,
    approved_at TEXT NOT NULL,
    who         TEXT NOT NULL,
    what        TEXT NOT NULL,
    detail      TEXT NOT NULL
) STRICT;
