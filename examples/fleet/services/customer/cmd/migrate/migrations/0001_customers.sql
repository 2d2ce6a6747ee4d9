CREATE TABLE customers (id text PRIMARY KEY, body jsonb NOT NULL);
