CREATE TABLE parcels (id text PRIMARY KEY, body jsonb NOT NULL);
