// Command worker gives back what was held for orders that never came.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/inventory"
)

func main() {
	queue.Main("inventory-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Minute, "release", inventory.New(db).ReleaseOld)}
	})
}
