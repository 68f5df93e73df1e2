-- The team's own texts and their search index.

-- name: create_document_words
{document_words_table};

-- name: create_document_words_index
{document_words_index};

-- name: document_digest
SELECT digest FROM documents WHERE account_id = :account_id AND id = :id;

-- name: see_document
UPDATE documents SET seen_run = {greatest}(seen_run, :run) WHERE account_id = :account_id AND id = :id;

-- name: put_document
INSERT INTO documents (
    account_id, id, kind, title, language, body, url, brand_id, section, intents, keywords, only_when, digest,
    seen_run, updated_at, written_at
) VALUES (
    :account_id, :id, :kind, :title, :language, :body, :url, :brand_id, :section, :intents, :keywords, :only_when,
    :digest, :run, :updated_at, :now
)
ON CONFLICT (account_id, id) DO UPDATE SET kind = excluded.kind, title = excluded.title, language = excluded.language,
    body = excluded.body, url = excluded.url, brand_id = excluded.brand_id, section = excluded.section,
    intents = excluded.intents, keywords = excluded.keywords, only_when = excluded.only_when,
    digest = excluded.digest, seen_run = {greatest}(documents.seen_run, excluded.seen_run),
    updated_at = excluded.updated_at, written_at = excluded.written_at;

-- name: put_section
INSERT INTO document_sections (account_id, document_id, position, number, heading, body)
VALUES (:account_id, :document_id, :position, :number, :heading, :body);

-- name: index_section
{index_section};

-- name: clear_words
DELETE FROM document_words WHERE account_id = :account_id AND {words_key} IN (
    SELECT number FROM document_sections WHERE account_id = :account_id AND document_id = :document_id
);

-- name: clear_sections
DELETE FROM document_sections WHERE account_id = :account_id AND document_id = :document_id;

-- name: delete_document
DELETE FROM documents WHERE account_id = :account_id AND id = :document_id;

-- name: unseen_documents
SELECT id FROM documents WHERE account_id = :account_id AND kind = :kind AND seen_run < :run ORDER BY id;

-- name: past_replies
SELECT id FROM documents WHERE account_id = :account_id AND kind = 'reply' ORDER BY id;

-- name: past_replies_of_ticket
SELECT id FROM documents
WHERE account_id = :account_id AND kind = 'reply' AND substr(id, 1, :size) = :prefix ORDER BY id;

-- name: list_documents
SELECT * FROM documents WHERE account_id = :account_id ORDER BY kind, title, id;

-- name: list_sections
SELECT document_id, position, heading, body FROM document_sections
WHERE account_id = :account_id ORDER BY document_id, position;

-- name: search_documents
{search_documents};

-- name: document_revision
SELECT revision FROM document_revisions WHERE account_id = :account_id;

-- name: move_document_revision
INSERT INTO document_revisions (account_id, revision) VALUES (:account_id, 1)
ON CONFLICT (account_id) DO UPDATE SET revision = document_revisions.revision + 1;

-- name: unplaced_sections
SELECT document_id, position, heading, body FROM document_sections
WHERE account_id = :account_id AND encoder <> :encoder ORDER BY document_id, position LIMIT :most;

-- name: place_section
UPDATE document_sections SET encoder = :encoder, vectors = :vectors
WHERE account_id = :account_id AND document_id = :document_id AND position = :position;

-- name: placed_sections
SELECT document_id, position, vectors FROM document_sections
WHERE account_id = :account_id AND encoder = :encoder ORDER BY document_id, position;
