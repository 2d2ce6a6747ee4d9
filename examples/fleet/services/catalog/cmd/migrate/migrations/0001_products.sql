CREATE TABLE products (id text PRIMARY KEY, body jsonb NOT NULL);
CREATE INDEX products_category ON products ((body ->> 'category'));
