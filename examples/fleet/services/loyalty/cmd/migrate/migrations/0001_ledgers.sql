CREATE TABLE ledgers (id text PRIMARY KEY, body jsonb NOT NULL);
