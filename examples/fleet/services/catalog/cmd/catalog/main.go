// Command catalog keeps the products that are sold.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/catalog"
)

func main() {
	httpserver.Main("catalog", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		products := catalog.New(db)
		mux.Handle("PUT /products/{sku}", httpserver.Take(func(r *http.Request, in catalog.Product) (catalog.Product, error) {
			return products.Put(r.Context(), r.PathValue("sku"), in)
		}))
		mux.Handle("GET /products/{sku}", httpserver.Answer(func(r *http.Request) (catalog.Product, error) {
			return products.Get(r.Context(), r.PathValue("sku"))
		}))
		mux.Handle("GET /products", httpserver.Answer(func(r *http.Request) ([]catalog.Product, error) {
			return products.In(r.Context(), r.FormValue("category"))
		}))
	})
}
