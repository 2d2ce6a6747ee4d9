// Command worker erases customers who asked for it, after a time to think again.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/customer"
)

func main() {
	queue.Main("customer-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "erase", customer.New(db).Erase)}
	})
}
