CREATE TABLE addresses (id text PRIMARY KEY, body jsonb NOT NULL);
