// Command worker forgets baskets that nobody has touched for a week.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/cart"
)

func main() {
	queue.Main("cart-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Hour, "abandon", cart.New(db, nil).Abandon)}
	})
}
