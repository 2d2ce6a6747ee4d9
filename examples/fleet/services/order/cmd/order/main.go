// Command order takes orders and leads them through their states.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/order"
)

func main() {
	httpserver.Main("order", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		orders := order.New(db)
		mux.Handle("POST /orders", httpserver.Take(func(r *http.Request, in order.Request) (order.Order, error) {
			return orders.Place(r.Context(), in)
		}))
		mux.Handle("GET /orders/{id}", httpserver.Answer(func(r *http.Request) (order.Order, error) {
			return orders.Get(r.Context(), r.PathValue("id"))
		}))
		mux.Handle("POST /orders/{id}/{event}", httpserver.Answer(func(r *http.Request) (order.Order, error) {
			return orders.Tell(r.Context(), r.PathValue("id"), r.PathValue("event"))
		}))
	})
}
