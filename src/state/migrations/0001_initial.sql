-- The complete history of one dataset. Times are ISO 8601 in UTC, but for *_ms: milliseconds since 1970.

-- One row. `key` names the dataset for good, also where it is shown: another of the same name has another key.
CREATE TABLE dataset (
    key TEXT NOT NULL
) STRICT;

-- Every plan the dataset was built by; the last one holds. `plan` is the plan's one fixed form as JSON.
CREATE TABLE plans (
    revision   INTEGER PRIMARY KEY,
    plan       BLOB NOT NULL,
    sha256     TEXT NOT NULL,
    adopted_at TEXT NOT NULL
) STRICT;

-- Every start of the program on this dataset. A run without an end was killed.
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    revision   INTEGER NOT NULL REFERENCES plans,
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    state      TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'complete', 'incomplete', 'interrupted')),
    seconds    REAL NOT NULL DEFAULT 0,
    versions   TEXT NOT NULL
) STRICT;

CREATE TABLE sources (
    name    TEXT PRIMARY KEY,
    path    TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    rows    INTEGER NOT NULL,
    read_at TEXT NOT NULL
) STRICT;

CREATE TABLE strata (
    id        INTEGER PRIMARY KEY,
    category  TEXT NOT NULL,
    tier      TEXT,
    planned   INTEGER NOT NULL,
    since     INTEGER NOT NULL DEFAULT 0,  -- number of the first batch planned for the present quota
    shortfall TEXT
) STRICT;
CREATE UNIQUE INDEX strata_by_name ON strata (category, COALESCE(tier, ''), tier IS NULL);

-- A batch is written when it is planned, so that a resumed run cuts the work as the first one did.
CREATE TABLE batches (
    number          INTEGER PRIMARY KEY,
    stratum         INTEGER NOT NULL REFERENCES strata,
    start           INTEGER NOT NULL,
    size            INTEGER NOT NULL,
    attempt         INTEGER NOT NULL,
    run             INTEGER REFERENCES runs,
    position        INTEGER UNIQUE,  -- place in the order of commits, from 1; NULL while it is planned only
    accepted        INTEGER,
    rejected        INTEGER,
    used            INTEGER,  -- how many of its candidates were looked at; the others are free again
    seconds         REAL,
    committed_at_ms INTEGER
) STRICT;

-- Large and free batches lie in Parquet shards beside the ledger.
CREATE TABLE shards (
    batch  INTEGER PRIMARY KEY REFERENCES batches,
    path   TEXT NOT NULL,
    rows   INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE rejections (
    batch     INTEGER NOT NULL REFERENCES batches,
    number    INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    candidate TEXT NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;

-- What the duplicate checks remember, one value a record in the order of the shard: little-endian arrays.
CREATE TABLE fingerprints (
    batch      INTEGER PRIMARY KEY REFERENCES batches,
    exact      BLOB NOT NULL,  -- uint64
    structural BLOB,           -- uint64
    signatures BLOB            -- uint32, (records, permutations)
) STRICT;

CREATE TABLE calls (
    id            INTEGER PRIMARY KEY,
    batch         INTEGER REFERENCES batches,
    model         TEXT NOT NULL,
    prompt_sha256 TEXT NOT NULL,
    tokens_in     INTEGER NOT NULL,
    tokens_cached INTEGER NOT NULL,
    tokens_out    INTEGER NOT NULL,
    cost_usd      REAL NOT NULL,
    latency_ms    REAL NOT NULL,
    outcome       TEXT NOT NULL,
    called_at_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE metrics (
    batch INTEGER NOT NULL REFERENCES batches,
    name  TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (batch, name)
) STRICT, WITHOUT ROWID;

-- The folders that files of this dataset were written to: what lies there may be replaced.
CREATE TABLE outputs (
    path TEXT PRIMARY KEY
) STRICT;

-- Where the dataset is shown, and how far each place has been told.
CREATE TABLE targets (
    uri           TEXT PRIMARY KEY,
    experiment_id TEXT,
    run_id        TEXT,
    dataset_id    TEXT,
    delivered     INTEGER NOT NULL DEFAULT 0,
    finished      TEXT
) STRICT;
