-- The team's own texts: help-centre articles, macros, uploaded files; and the sections in which they are searched.

-- `digest` is equal for equal content. `seen_run` is the last run of the sync that listed the document. `intents`,
-- `keywords` and `only_when` are JSON lists. `updated_at` is the helpdesk's time, where it gave one.
CREATE TABLE documents (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT NOT NULL,
    brand_id TEXT NOT NULL,
    section TEXT NOT NULL,
    intents TEXT NOT NULL,
    keywords TEXT NOT NULL,
    only_when TEXT NOT NULL,
    digest TEXT NOT NULL,
    seen_run BIGINT NOT NULL,
    updated_at BIGINT,
    written_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);

-- `number` is the section's key in the search index. `vectors` (base64 of 32-bit floats) is where `encoder` placed its
-- pieces; both are empty until then.
CREATE TABLE document_sections (
    account_id TEXT NOT NULL,
    document_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    heading TEXT NOT NULL,
    body TEXT NOT NULL,
    encoder TEXT NOT NULL DEFAULT '',
    vectors TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, document_id, position),
    FOREIGN KEY (account_id, document_id) REFERENCES documents (account_id, id)
);

-- Moves with every change, so that what is kept in memory is read again.
CREATE TABLE document_revisions (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    revision BIGINT NOT NULL
);

-- The search index: each engine has its own kind of table for it.
{create_document_words};

{create_document_words_index};
