package queue

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/run"
	"orders.example/fleet/pkg/store"
)

// Main is the whole program of a worker: it does the jobs that are due until it is told to stop.
func Main(name string, jobs func(app *run.App, db *pgxpool.Pool) []Job) {
	run.Main(name, func(ctx context.Context, app *run.App) error {
		if _, err := app.NeedDatabase(); err != nil {
			return err
		}
		pause := app.Settings.Duration("QUEUE_PAUSE", time.Second)
		if err := app.CheckSettings(); err != nil {
			return err
		}
		db, err := store.Connect(ctx, app)
		if err != nil {
			return err
		}
		defer store.Close(db)
		byKind := map[string]Job{}
		for _, job := range jobs(app, db) {
			byKind[job.Kind] = job
		}
		return work(ctx, app, db, byKind, pause)
	})
}

// work does what is due, then pauses. A database that is gone ends it, for whoever started the worker to see.
func work(ctx context.Context, app *run.App, db *pgxpool.Pool, jobs map[string]Job, pause time.Duration) error {
	if err := schedule(ctx, db, jobs); err != nil {
		return err
	}
	app.Log.Info("working", "kinds", kinds(jobs))
	tell := func(one waiting, done int, err error) {
		if err != nil {
			app.Log.Error("job failed", "kind", one.kind, "key", one.key, "attempt", one.attempts+1, "error", err.Error())
			return
		}
		app.Log.Info("job done", "kind", one.kind, "key", one.key, "count", done)
	}
	for {
		found, err := next(ctx, db, jobs, tell)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		if found {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}
