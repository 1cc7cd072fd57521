-- A package that turned out to be wrong is withdrawn: it stays where it is, with its ledger entry, and is not used any more.

CREATE TABLE withdrawal (
    payload_hash TEXT PRIMARY KEY REFERENCES package (payload_hash),
    reason       TEXT NOT NULL CHECK (length(reason) > 0)  -- in the operator's words
) STRICT;

CREATE TRIGGER withdrawal_no_update BEFORE UPDATE ON withdrawal BEGIN SELECT RAISE(ABORT, 'withdrawal is append-only'); END;
CREATE TRIGGER withdrawal_no_delete BEFORE DELETE ON withdrawal BEGIN SELECT RAISE(ABORT, 'withdrawal is append-only'); END;
