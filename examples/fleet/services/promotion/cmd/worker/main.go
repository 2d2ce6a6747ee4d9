// Command worker ends discount codes whose time is over.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/promotion"
)

func main() {
	queue.Main("promotion-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(5*time.Minute, "end-codes", promotion.New(db).End)}
	})
}
