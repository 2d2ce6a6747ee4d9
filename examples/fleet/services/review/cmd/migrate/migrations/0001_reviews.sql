CREATE TABLE reviews (id text PRIMARY KEY, body jsonb NOT NULL);
