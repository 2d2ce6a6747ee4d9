CREATE TABLE documents (id text PRIMARY KEY, body jsonb NOT NULL);
