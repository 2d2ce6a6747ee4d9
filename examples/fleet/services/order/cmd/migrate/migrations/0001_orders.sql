CREATE TABLE orders (id text PRIMARY KEY, body jsonb NOT NULL);
CREATE INDEX orders_state ON orders ((body ->> 'state'));
