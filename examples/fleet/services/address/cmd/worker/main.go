// Command worker checks kept addresses again when the rules have changed.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/address"
)

func main() {
	queue.Main("address-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "recheck", address.New(db).Recheck)}
	})
}
