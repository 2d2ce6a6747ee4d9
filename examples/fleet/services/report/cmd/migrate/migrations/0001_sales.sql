CREATE TABLE sales (id text PRIMARY KEY, body jsonb NOT NULL);
CREATE TABLE days (id text PRIMARY KEY, body jsonb NOT NULL);
