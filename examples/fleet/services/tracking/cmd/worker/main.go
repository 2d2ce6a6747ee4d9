// Command worker finds parcels that nobody has heard of for days.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/tracking"
)

func main() {
	queue.Main("tracking-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "stalled", tracking.New(db).MarkStalled)}
	})
}
