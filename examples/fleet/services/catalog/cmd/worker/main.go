// Command worker retires products whose time is over.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/catalog"
)

func main() {
	queue.Main("catalog-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(10*time.Minute, "retire", catalog.New(db).Retire)}
	})
}
