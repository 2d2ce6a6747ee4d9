package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
)

// inTable keeps documents in `name (id text primary key, body jsonb not null)`. Names come from code, never from requests.
type inTable[T any] struct {
	db   *pgxpool.Pool
	name string
}

func (t *inTable[T]) Get(ctx context.Context, id string) (T, error) {
	return t.find(ctx, t.db, "SELECT body FROM %s WHERE id = $1", id)
}

func (t *inTable[T]) Add(ctx context.Context, id string, document T) error {
	tag, err := t.db.Exec(ctx, t.sql("INSERT INTO %s (id, body) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING"), id, document)
	if err == nil && tag.RowsAffected() == 0 {
		return problem.Conflictf("%s is already there", id)
	}
	return err
}

func (t *inTable[T]) Put(ctx context.Context, id string, document T) error {
	query := t.sql("INSERT INTO %s (id, body) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET body = excluded.body")
	_, err := t.db.Exec(ctx, query, id, document)
	return err
}

func (t *inTable[T]) Change(ctx context.Context, id string, edit func(*T) error) (T, error) {
	var document T
	err := pgx.BeginFunc(ctx, t.db, func(tx pgx.Tx) (err error) {
		if document, err = t.find(ctx, tx, "SELECT body FROM %s WHERE id = $1 FOR UPDATE", id); err != nil {
			return err
		}
		if err = edit(&document); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, t.sql("UPDATE %s SET body = $2 WHERE id = $1"), id, document)
		return err
	})
	return document, err
}

func (t *inTable[T]) Delete(ctx context.Context, id string) error {
	_, err := t.db.Exec(ctx, t.sql("DELETE FROM %s WHERE id = $1"), id)
	return err
}

func (t *inTable[T]) All(ctx context.Context) (map[string]T, error) {
	rows, err := t.db.Query(ctx, t.sql("SELECT id, body FROM %s"))
	if err != nil {
		return nil, err
	}
	documents := map[string]T{}
	var id string
	var document T
	_, err = pgx.ForEachRow(rows, []any{&id, &document}, func() error {
		var empty T
		documents[id], document = document, empty
		return nil
	})
	return documents, err
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (t *inTable[T]) find(ctx context.Context, db querier, query, id string) (document T, err error) {
	err = db.QueryRow(ctx, t.sql(query), id).Scan(&document)
	if errors.Is(err, pgx.ErrNoRows) {
		err = problem.Missingf("there is no %s", id)
	}
	return document, err
}

func (t *inTable[T]) sql(query string) string {
	return fmt.Sprintf(query, pgx.Identifier{t.name}.Sanitize())
}
