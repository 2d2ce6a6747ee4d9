// Package store keeps documents by id: in a table of Postgres, or in memory where there is no database.
package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Collection keeps documents of one type. What is not there is a problem of kind Missing.
type Collection[T any] interface {
	// Get is a copy of one document.
	Get(ctx context.Context, id string) (T, error)
	// Add keeps a new document; one that is there is a problem of kind Conflict.
	Add(ctx context.Context, id string, document T) error
	// Put keeps a document, whether it was there or not.
	Put(ctx context.Context, id string, document T) error
	// Change lets edit work on one document while nobody else does. An error leaves it as it was.
	Change(ctx context.Context, id string, edit func(*T) error) (T, error)
	// Delete forgets a document, if it is there.
	Delete(ctx context.Context, id string) error
	// All is every document by id.
	All(ctx context.Context) (map[string]T, error)
}

// Open is the collection in a table of the database, or an empty one in memory.
func Open[T any](db *pgxpool.Pool, table string) Collection[T] {
	if db == nil {
		return &memory[T]{documents: map[string]T{}}
	}
	return &inTable[T]{db: db, name: table}
}

// Sweep edits every document for which due says so, and tells how many.
func Sweep[T any](ctx context.Context, c Collection[T], due func(T) bool, edit func(*T) error) (int, error) {
	documents, err := c.All(ctx)
	if err != nil {
		return 0, err
	}
	swept := 0
	for id, document := range documents {
		if !due(document) {
			continue
		}
		if _, err := c.Change(ctx, id, edit); err != nil {
			return swept, err
		}
		swept++
	}
	return swept, nil
}

// Purge deletes every document for which due says so, and tells how many.
func Purge[T any](ctx context.Context, c Collection[T], due func(T) bool) (int, error) {
	documents, err := c.All(ctx)
	if err != nil {
		return 0, err
	}
	purged := 0
	for id, document := range documents {
		if !due(document) {
			continue
		}
		if err := c.Delete(ctx, id); err != nil {
			return purged, err
		}
		purged++
	}
	return purged, nil
}
