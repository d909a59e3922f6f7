-- What each model said of each text that was to be labelled.
CREATE TABLE predictions (
    batch   INTEGER NOT NULL REFERENCES batches,
    number  INTEGER NOT NULL,  -- the candidate's own number in its category
    model   TEXT NOT NULL,
    codes   TEXT NOT NULL,     -- JSON, the likeliest first
    quality REAL NOT NULL,
    PRIMARY KEY (batch, number, model)
) STRICT, WITHOUT ROWID;
