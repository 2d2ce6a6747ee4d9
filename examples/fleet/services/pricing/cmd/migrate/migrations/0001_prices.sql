CREATE TABLE prices (id text PRIMARY KEY, body jsonb NOT NULL);
