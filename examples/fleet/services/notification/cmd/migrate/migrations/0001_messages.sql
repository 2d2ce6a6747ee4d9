CREATE TABLE messages (id text PRIMARY KEY, body jsonb NOT NULL);
