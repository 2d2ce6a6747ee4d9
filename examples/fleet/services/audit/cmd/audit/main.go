// Command audit keeps what happened, in a chain that shows any change.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/audit"
)

func main() {
	httpserver.Main("audit", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		chain := audit.New(db)
		mux.Handle("POST /events", httpserver.Take(func(r *http.Request, in audit.Event) (audit.Link, error) {
			return chain.Append(r.Context(), in)
		}))
		mux.Handle("GET /verify", httpserver.Answer(func(r *http.Request) (map[string]int, error) {
			links, err := chain.Verify(r.Context())
			return map[string]int{"links": links}, err
		}))
	})
}
