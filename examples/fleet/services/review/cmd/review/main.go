// Command review collects what customers think of products.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/review"
)

func main() {
	httpserver.Main("review", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		reviews := review.New(db)
		mux.Handle("POST /products/{sku}/reviews", httpserver.Take(func(r *http.Request, in review.Review) (review.Review, error) {
			return reviews.Write(r.Context(), r.PathValue("sku"), in)
		}))
		mux.Handle("GET /products/{sku}/reviews", httpserver.Answer(func(r *http.Request) (review.Summary, error) {
			return reviews.Of(r.Context(), r.PathValue("sku"))
		}))
	})
}
