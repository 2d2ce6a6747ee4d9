CREATE TABLE returns (id text PRIMARY KEY, body jsonb NOT NULL);
