// Command returns takes goods back.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/returns"
)

func main() {
	httpserver.Main("returns", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		service := returns.New(db)
		mux.Handle("POST /returns", httpserver.Take(func(r *http.Request, in returns.Request) (returns.Return, error) {
			return service.Announce(r.Context(), in)
		}))
		mux.Handle("POST /returns/{id}/received", httpserver.Take(func(r *http.Request, in returns.Condition) (returns.Return, error) {
			return service.Receive(r.Context(), r.PathValue("id"), in)
		}))
	})
}
