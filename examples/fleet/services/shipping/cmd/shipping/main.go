// Command shipping tells what shipping costs, and books it.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/shipping"
)

func main() {
	httpserver.Main("shipping", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		shipments := shipping.New(db)
		mux.Handle("POST /quotes", httpserver.Take(func(_ *http.Request, in shipping.Parcel) ([]shipping.Offer, error) {
			return shipping.Offers(in)
		}))
		mux.Handle("POST /shipments/{order}", httpserver.Take(func(r *http.Request, in shipping.Parcel) (shipping.Shipment, error) {
			return shipments.Book(r.Context(), r.PathValue("order"), r.FormValue("service"), in)
		}))
		mux.Handle("GET /shipments/{order}", httpserver.Answer(func(r *http.Request) (shipping.Shipment, error) {
			return shipments.Get(r.Context(), r.PathValue("order"))
		}))
	})
}
