// Command notification takes messages for customers; its worker sends them.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/notification"
)

func main() {
	httpserver.Main("notification", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		messages := notification.New(db)
		mux.Handle("POST /messages", httpserver.Take(func(r *http.Request, in notification.Request) (notification.Message, error) {
			return messages.Accept(r.Context(), in)
		}))
		mux.Handle("GET /messages/{id}", httpserver.Answer(func(r *http.Request) (notification.Message, error) {
			return messages.Get(r.Context(), r.PathValue("id"))
		}))
	})
}
