-- The ledger in PostgreSQL. docs/ledger.md says what each table is for. Names are not qualified: the migration runs with
-- the ledger's schema first on its search path. Texts compare by their bytes (COLLATE "C"), so that no change of the
-- system's collations damages an index.

CREATE TABLE ledger (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin text NOT NULL CHECK (origin <> ''),
    created text NOT NULL
);

CREATE TABLE verifier (
    position integer PRIMARY KEY CHECK (position >= 0),
    key text COLLATE "C" NOT NULL UNIQUE
);

-- Every id that was ever taken in. It decides whether a record is new.
CREATE TABLE record_id (
    id text COLLATE "C" PRIMARY KEY
);

CREATE TABLE pending (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    head bytea NOT NULL,
    tail bytea NOT NULL,
    CHECK (octet_length(head) + 20 + octet_length(tail) <= 65535)
);

CREATE TABLE entry (
    index bigint PRIMARY KEY CHECK (index >= 0),
    id text COLLATE "C" NOT NULL UNIQUE,
    entry bytea NOT NULL CHECK (octet_length(entry) BETWEEN 1 AND 65535)
);

CREATE TABLE tile (
    level smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    index bigint NOT NULL CHECK (index >= 0),
    hashes bytea NOT NULL CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) BETWEEN 32 AND 8192),
    PRIMARY KEY (level, index)
);
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- The right edge of the tree. Whoever extends the log locks this row.
CREATE TABLE frontier (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    size bigint NOT NULL CHECK (size >= 0),
    subtrees bytea NOT NULL CHECK (octet_length(subtrees) % 32 = 0)
);

CREATE TABLE checkpoint (
    size bigint PRIMARY KEY CHECK (size >= 0),
    note text NOT NULL
);

-- Checkpoints again, with cosignatures that came later. The last one of a size counts.
CREATE TABLE cosigned (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL REFERENCES checkpoint,
    note text NOT NULL
);
CREATE INDEX cosigned_size ON cosigned (size, number);

CREATE TABLE document (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    bytes bytea NOT NULL
);
ALTER TABLE document ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Apart from the documents, so that to erase is to change a row of a small table.
CREATE TABLE document_key (
    hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    wrapped_key bytea NOT NULL CHECK (octet_length(wrapped_key) = 64)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verifier EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON record_id EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cosigned EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON document EXECUTE FUNCTION refuse_change();
-- Sequencing removes pending rows.
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON pending EXECUTE FUNCTION refuse_change();
-- These three are updated, as the triggers that follow say.
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON tile EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON frontier EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON document_key EXECUTE FUNCTION refuse_change();

CREATE FUNCTION tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.level, NEW.index) IS DISTINCT FROM (OLD.level, OLD.index)
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grows BEFORE UPDATE ON tile FOR EACH ROW EXECUTE FUNCTION tile_grows();

CREATE FUNCTION frontier_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the log only grows' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grows BEFORE UPDATE ON frontier FOR EACH ROW EXECUTE FUNCTION frontier_grows();

CREATE FUNCTION checkpoint_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= (SELECT max(size) FROM checkpoint) THEN
        RAISE EXCEPTION 'checkpoints only grow' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grows BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION checkpoint_grows();

CREATE FUNCTION entries_contiguous() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added record;
BEGIN
    SELECT count(*) AS number, min(index) AS first, max(index) AS last INTO added FROM inserted;
    IF added.number > 0 AND (added.last - added.first + 1 <> added.number
        OR added.first <> COALESCE((SELECT max(index) + 1 FROM entry WHERE index < added.first), 0)) THEN
        RAISE EXCEPTION 'entries have no gaps' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER contiguous AFTER INSERT ON entry REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION entries_contiguous();

CREATE FUNCTION key_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.hash <> OLD.hash OR NEW.wrapped_key <> decode(repeat('00', 64), 'hex') THEN
        RAISE EXCEPTION 'the key of a document is only erased' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erased BEFORE UPDATE ON document_key FOR EACH ROW EXECUTE FUNCTION key_erased();
