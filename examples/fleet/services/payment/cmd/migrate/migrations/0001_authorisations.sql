CREATE TABLE authorisations (id text PRIMARY KEY, body jsonb NOT NULL);
