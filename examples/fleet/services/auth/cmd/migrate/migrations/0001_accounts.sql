CREATE TABLE accounts (id text PRIMARY KEY, body jsonb NOT NULL);
CREATE TABLE sessions (id text PRIMARY KEY, body jsonb NOT NULL);
