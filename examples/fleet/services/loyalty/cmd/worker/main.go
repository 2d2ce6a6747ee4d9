// Command worker lets points expire that are a year old.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/loyalty"
)

func main() {
	queue.Main("loyalty-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(24*time.Hour, "expire", loyalty.New(db).Expire)}
	})
}
