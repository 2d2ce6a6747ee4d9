package store

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
)

type counter struct{ Count int }

// Both kinds keep the same rules; the one in Postgres is tested where DATABASE_URL names a database.
func collections(t *testing.T) map[string]Collection[counter] {
	found := map[string]Collection[counter]{"memory": Open[counter](nil, "")}
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		return found
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE counters (id text PRIMARY KEY, body jsonb NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := pool.Exec(context.WithoutCancel(t.Context()), "DROP TABLE counters")
		pool.Close()
		if err != nil {
			t.Error(err)
		}
	})
	found["postgres"] = Open[counter](pool, "counters")
	return found
}

func TestCollection(t *testing.T) {
	for name, c := range collections(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if _, err := c.Get(ctx, "a"); problem.KindOf(err) != problem.Missing {
				t.Errorf("found nothing as %v", err)
			}
			for id, count := range map[string]int{"a": 1, "b": 2} {
				if err := c.Add(ctx, id, counter{count}); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Add(ctx, "a", counter{9}); problem.KindOf(err) != problem.Conflict {
				t.Errorf("added twice: %v", err)
			}
			if _, err := c.Change(ctx, "a", func(one *counter) error { one.Count = 9; return errors.New("no") }); err == nil {
				t.Error("an error was lost")
			}
			swept, err := Sweep(ctx, c, func(one counter) bool { return one.Count == 1 }, func(one *counter) error {
				one.Count += 10
				return nil
			})
			if got, _ := c.Get(ctx, "a"); err != nil || swept != 1 || got.Count != 11 {
				t.Errorf("swept %d: %+v, %v", swept, got, err)
			}
			purged, err := Purge(ctx, c, func(one counter) bool { return one.Count == 2 })
			if rest, _ := c.All(ctx); err != nil || purged != 1 || len(rest) != 1 || rest["a"].Count != 11 {
				t.Errorf("purged %d, left %v: %v", purged, rest, err)
			}
		})
	}
}
