// Command worker analyses documents again when the analyser has changed.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/search"
)

func main() {
	queue.Main("search-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Minute, "reindex", search.New(db).Reindex)}
	})
}
