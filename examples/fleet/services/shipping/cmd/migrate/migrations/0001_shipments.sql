CREATE TABLE shipments (id text PRIMARY KEY, body jsonb NOT NULL);
