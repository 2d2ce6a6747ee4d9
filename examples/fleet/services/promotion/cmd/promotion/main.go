// Command promotion keeps discount codes, and tells what they are worth.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/promotion"
)

func main() {
	httpserver.Main("promotion", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		codes := promotion.New(db)
		mux.Handle("PUT /codes/{code}", httpserver.Take(func(r *http.Request, in promotion.Code) (promotion.Code, error) {
			return codes.Put(r.Context(), r.PathValue("code"), in)
		}))
		mux.Handle("POST /codes/{code}/redeem", httpserver.Take(func(r *http.Request, in []pricing.Line) (pricing.Quote, error) {
			return codes.Redeem(r.Context(), r.PathValue("code"), in)
		}))
	})
}
