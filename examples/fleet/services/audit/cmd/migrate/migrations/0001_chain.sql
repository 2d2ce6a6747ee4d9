CREATE TABLE chain (id text PRIMARY KEY, body jsonb NOT NULL);
