// Command worker cancels orders that nobody has paid for.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/order"
)

func main() {
	queue.Main("order-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Minute, "cancel-unpaid", order.New(db).CancelUnpaid)}
	})
}
