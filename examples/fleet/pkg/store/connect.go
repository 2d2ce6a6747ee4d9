package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/run"
)

// Connect opens the database that DATABASE_URL names, or nothing where it is not set. It does not wait for an answer.
func Connect(ctx context.Context, app *run.App) (*pgxpool.Pool, error) {
	url := app.Settings.String("DATABASE_URL", "")
	if url == "" {
		app.Log.Warn("documents are kept in memory: DATABASE_URL is not set")
		return nil, nil
	}
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%w: DATABASE_URL: %w", run.ErrSettings, err)
	}
	return pool, nil
}

// Close gives the connections back, if there are any.
func Close(pool *pgxpool.Pool) {
	if pool != nil {
		pool.Close()
	}
}
