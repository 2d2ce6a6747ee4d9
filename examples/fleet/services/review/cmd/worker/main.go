// Command worker publishes reviews in which nothing has to be read by a person.
package main

import (
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/review"
)

func main() {
	queue.Main("review-worker", func(_ *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{queue.Every(time.Minute, "publish", review.New(db).Publish)}
	})
}
