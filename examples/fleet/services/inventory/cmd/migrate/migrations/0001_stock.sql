CREATE TABLE stock (id text PRIMARY KEY, body jsonb NOT NULL);
