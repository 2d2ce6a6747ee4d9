// Command tracking tells where parcels are.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/tracking"
)

func main() {
	httpserver.Main("tracking", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		parcels := tracking.New(db)
		mux.Handle("POST /parcels/{id}/events", httpserver.Take(func(r *http.Request, in tracking.Event) (tracking.Parcel, error) {
			return parcels.Note(r.Context(), r.PathValue("id"), in)
		}))
		mux.Handle("GET /parcels/{id}", httpserver.Answer(func(r *http.Request) (tracking.Parcel, error) {
			return parcels.Get(r.Context(), r.PathValue("id"))
		}))
	})
}
