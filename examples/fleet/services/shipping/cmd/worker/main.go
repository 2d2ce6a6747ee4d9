// Command worker hands the day's shipments over to the carrier.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/shipping"
)

func main() {
	queue.Main("shipping-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "hand-over", shipping.New(db).HandOver)}
	})
}
