// Command address checks postal addresses, and keeps those of customers.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/address"
)

func main() {
	httpserver.Main("address", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		addresses := address.New(db)
		mux.Handle("POST /check", httpserver.Take(func(_ *http.Request, in address.Address) (address.Address, error) {
			return address.Check(in)
		}))
		mux.Handle("PUT /addresses/{customer}", httpserver.Take(func(r *http.Request, in address.Address) (address.Address, error) {
			return addresses.Put(r.Context(), r.PathValue("customer"), in)
		}))
		mux.Handle("GET /addresses/{customer}", httpserver.Answer(func(r *http.Request) (address.Address, error) {
			return addresses.Get(r.Context(), r.PathValue("customer"))
		}))
	})
}
