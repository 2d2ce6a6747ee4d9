CREATE TABLE invoices (id text PRIMARY KEY, body jsonb NOT NULL);
CREATE TABLE counters (id text PRIMARY KEY, body jsonb NOT NULL);
