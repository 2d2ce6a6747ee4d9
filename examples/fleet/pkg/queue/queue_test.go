package queue

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/queue/schema"
)

func TestAddNeedsADatabase(t *testing.T) {
	if err := Add(t.Context(), nil, "kind", "key", nil); problem.KindOf(err) != problem.Conflict {
		t.Error(err)
	}
}

func database(t *testing.T) *pgxpool.Pool {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		t.Skip("DATABASE_URL names no database")
	}
	settings, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	settings.MaxConns = 1 // a temporary table belongs to one connection
	pool, err := pgxpool.NewWithConfig(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	table, err := schema.Files.ReadFile("migrations/0000_jobs.sql")
	if err == nil {
		_, err = pool.Exec(t.Context(), "SET search_path TO pg_temp; "+string(table))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestAJobIsDoneOnceAndAFailedOneLater(t *testing.T) {
	db := database(t)
	seen := map[string]int{}
	jobs := map[string]Job{
		"greet": {Kind: "greet", Do: func(_ context.Context, payload json.RawMessage) (int, error) {
			seen[string(payload)]++
			return 1, nil
		}},
		"break": Every(time.Hour, "break", func(context.Context) (int, error) { return 0, errors.New("broken") }),
	}
	for range 2 {
		if err := Add(t.Context(), db, "greet", "greet:ada", "Ada"); err != nil {
			t.Fatal(err)
		}
	}
	if err := schedule(t.Context(), db, jobs); err != nil {
		t.Fatal(err)
	}
	failures := 0
	for {
		found, err := next(t.Context(), db, jobs, func(_ waiting, _ int, err error) {
			if err != nil {
				failures++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			break
		}
	}
	var left int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM jobs WHERE attempts = 1").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if seen[`"Ada"`] != 1 || failures != 1 || left != 1 {
		t.Errorf("seen %v, failures %d, left %d", seen, failures, left)
	}
}
