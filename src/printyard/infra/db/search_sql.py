"""Statements for the index of jobs by parts of their names, which SQLAlchemy has no words for; each database its own.

SQLite: FTS5 with trigrams (since 3.34), which triggers keep in step. PostgreSQL: pg_trgm, where the server has it;
without it the same searches are right, and slow.
"""

_WORDS = """
CREATE VIRTUAL TABLE job_search_words
USING fts5(text, content='job_search', content_rowid='number', tokenize='trigram')
"""
_ADDED = """
CREATE TRIGGER job_search_added AFTER INSERT ON job_search BEGIN
INSERT INTO job_search_words (rowid, text) VALUES (new.number, new.text);
END
"""
_REMOVED = """
CREATE TRIGGER job_search_removed AFTER DELETE ON job_search BEGIN
INSERT INTO job_search_words (job_search_words, rowid, text) VALUES ('delete', old.number, old.text);
END
"""
_EXTENSION = """
DO $$ BEGIN
CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'no pg_trgm: searches will be slow';
END $$
"""
_INDEX = """
DO $$ DECLARE place text; BEGIN
SELECT n.nspname INTO place FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_trgm';
IF place IS NOT NULL THEN
EXECUTE 'CREATE INDEX ix_job_search_words ON job_search USING gin (text ' || quote_ident(place) || '.gin_trgm_ops)';
END IF;
END $$
"""

STATEMENTS = {"sqlite": (_WORDS, _ADDED, _REMOVED), "postgresql": (_EXTENSION, _INDEX)}
"""By the name of the dialect; they follow on the table `job_search`."""

OWN = ("job_search_words", "ix_job_search_words")
"""How the names of what they make begin."""
