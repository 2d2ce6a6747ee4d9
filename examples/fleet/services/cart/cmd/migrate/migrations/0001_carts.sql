CREATE TABLE carts (id text PRIMARY KEY, body jsonb NOT NULL);
