// Command worker forgets exemptions that have ended.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/tax"
)

func main() {
	queue.Main("tax-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(24*time.Hour, "end-exemptions", tax.New(db).End)}
	})
}
