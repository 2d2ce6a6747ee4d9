// Command customer keeps what is known of customers, until they want it forgotten.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/customer"
)

func main() {
	httpserver.Main("customer", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		customers := customer.New(db)
		mux.Handle("PUT /customers/{id}", httpserver.Take(func(r *http.Request, in customer.Customer) (customer.Customer, error) {
			return customers.Put(r.Context(), r.PathValue("id"), in)
		}))
		mux.Handle("GET /customers/{id}", httpserver.Answer(func(r *http.Request) (customer.Customer, error) {
			return customers.Get(r.Context(), r.PathValue("id"))
		}))
		mux.Handle("DELETE /customers/{id}", httpserver.Answer(func(r *http.Request) (customer.Customer, error) {
			return customers.Leave(r.Context(), r.PathValue("id"))
		}))
	})
}
