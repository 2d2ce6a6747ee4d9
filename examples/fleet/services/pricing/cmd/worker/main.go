// Command worker lets prices hold whose day has come.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	prices "orders.example/fleet/services/pricing"
)

func main() {
	queue.Main("pricing-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Minute, "activate", prices.New(db).Activate)}
	})
}
