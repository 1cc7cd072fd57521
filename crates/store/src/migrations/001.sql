-- The hub's first schema. Every table is append-only: what was received, run or logged is never edited, only added to.

CREATE TABLE package (
    payload_hash TEXT PRIMARY KEY,     -- BLAKE3 of manifest and sections, 64 hex digits
    kind         TEXT NOT NULL CHECK (kind IN ('records', 'events')),
    custodian    TEXT NOT NULL,
    period       TEXT NOT NULL,        -- YYYY-MM
    sequence     INTEGER NOT NULL CHECK (sequence >= 0),
    rows         INTEGER NOT NULL CHECK (rows >= 0),
    schema_hash  TEXT NOT NULL,
    key_check    TEXT NOT NULL,        -- key check value, the same for all custodians of a project
    manifest     TEXT NOT NULL,        -- the signed manifest, canonical JSON
    received_on  TEXT NOT NULL,        -- YYYY-MM-DD, as given by the operator
    UNIQUE (custodian, kind, period, sequence)
) STRICT;

CREATE TABLE section (
    payload_hash TEXT NOT NULL REFERENCES package (payload_hash),
    name         TEXT NOT NULL,
    bytes        INTEGER NOT NULL CHECK (bytes >= 0),
    hash         TEXT NOT NULL,        -- BLAKE3 of the section's bytes
    PRIMARY KEY (payload_hash, name)
) STRICT;

CREATE TABLE run (
    id             TEXT PRIMARY KEY,   -- name made from the run's inputs
    reference_date TEXT NOT NULL,      -- YYYY-MM-DD
    manifest       TEXT NOT NULL       -- run.json, canonical JSON
) STRICT;

CREATE TABLE run_input (
    run_id       TEXT NOT NULL REFERENCES run (id),
    payload_hash TEXT NOT NULL REFERENCES package (payload_hash),
    PRIMARY KEY (run_id, payload_hash)
) STRICT;

-- The entries of the hub's ledger, in order. The file ledger.jsonl is appended from here, so that a crash between the database
-- and the file loses no entry and doubles none.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY CHECK (position >= 0),
    entry    TEXT NOT NULL             -- canonical JSON
) STRICT;

CREATE TRIGGER package_no_update BEFORE UPDATE ON package BEGIN SELECT RAISE(ABORT, 'package is append-only'); END;
CREATE TRIGGER package_no_delete BEFORE DELETE ON package BEGIN SELECT RAISE(ABORT, 'package is append-only'); END;
CREATE TRIGGER section_no_update BEFORE UPDATE ON section BEGIN SELECT RAISE(ABORT, 'section is append-only'); END;
CREATE TRIGGER section_no_delete BEFORE DELETE ON section BEGIN SELECT RAISE(ABORT, 'section is append-only'); END;
CREATE TRIGGER run_no_update BEFORE UPDATE ON run BEGIN SELECT RAISE(ABORT, 'run is append-only'); END;
CREATE TRIGGER run_no_delete BEFORE DELETE ON run BEGIN SELECT RAISE(ABORT, 'run is append-only'); END;
CREATE TRIGGER run_input_no_update BEFORE UPDATE ON run_input BEGIN SELECT RAISE(ABORT, 'run_input is append-only'); END;
CREATE TRIGGER run_input_no_delete BEFORE DELETE ON run_input BEGIN SELECT RAISE(ABORT, 'run_input is append-only'); END;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'journal is append-only'); END;
