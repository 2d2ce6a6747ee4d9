CREATE TABLE exemptions (id text PRIMARY KEY, body jsonb NOT NULL);
