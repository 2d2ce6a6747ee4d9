// Command worker forgets sessions that have ended.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/auth"
)

func main() {
	queue.Main("auth-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "purge-sessions", auth.New(db).PurgeSessions)}
	})
}
