CREATE TABLE codes (id text PRIMARY KEY, body jsonb NOT NULL);
