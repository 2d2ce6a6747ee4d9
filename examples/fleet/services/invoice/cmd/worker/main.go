// Command worker marks invoices that are overdue.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/invoice"
)

func main() {
	queue.Main("invoice-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "remind", invoice.New(db).Remind)}
	})
}
