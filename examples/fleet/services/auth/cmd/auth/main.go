// Command auth keeps accounts, and sessions that other services ask about.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/auth"
)

func main() {
	httpserver.Main("auth", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		service := auth.New(db)
		mux.Handle("POST /accounts", httpserver.Take(func(r *http.Request, in auth.Credentials) (struct{}, error) {
			return struct{}{}, service.Register(r.Context(), in)
		}))
		mux.Handle("POST /sessions", httpserver.Take(func(r *http.Request, in auth.Credentials) (auth.Session, error) {
			return service.Begin(r.Context(), in)
		}))
		mux.Handle("GET /sessions/{token}", httpserver.Answer(func(r *http.Request) (auth.Session, error) {
			return service.Check(r.Context(), r.PathValue("token"))
		}))
	})
}
