// Command worker checks that nobody has changed what happened.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/audit"
)

func main() {
	queue.Main("audit-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "verify", audit.New(db).Verify)}
	})
}
