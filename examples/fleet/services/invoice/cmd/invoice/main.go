// Command invoice writes invoices, whose numbers have no gaps.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/invoice"
)

func main() {
	httpserver.Main("invoice", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		invoices := invoice.New(db)
		mux.Handle("POST /invoices", httpserver.Take(func(r *http.Request, in invoice.Request) (invoice.Invoice, error) {
			return invoices.Write(r.Context(), in)
		}))
		mux.Handle("GET /invoices/{number}", httpserver.Answer(func(r *http.Request) (invoice.Invoice, error) {
			return invoices.Get(r.Context(), r.PathValue("number"))
		}))
		mux.Handle("POST /invoices/{number}/paid", httpserver.Answer(func(r *http.Request) (invoice.Invoice, error) {
			return invoices.Paid(r.Context(), r.PathValue("number"))
		}))
	})
}
