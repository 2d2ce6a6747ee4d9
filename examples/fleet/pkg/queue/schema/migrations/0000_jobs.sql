CREATE TABLE jobs (
    key      text PRIMARY KEY,
    kind     text NOT NULL,
    payload  jsonb NOT NULL DEFAULT '{}',
    due      timestamptz NOT NULL DEFAULT now(),
    attempts int NOT NULL DEFAULT 0,
    failure  text
);
CREATE INDEX jobs_due ON jobs (due);
