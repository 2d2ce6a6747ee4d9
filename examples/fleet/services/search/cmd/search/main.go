// Command search finds products by words.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/search"
)

func main() {
	httpserver.Main("search", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		index := search.New(db)
		mux.Handle("PUT /documents/{id}", httpserver.Take(func(r *http.Request, in search.Document) (search.Document, error) {
			return index.Put(r.Context(), r.PathValue("id"), in.Text)
		}))
		mux.Handle("GET /search", httpserver.Answer(func(r *http.Request) ([]search.Hit, error) {
			return index.Find(r.Context(), r.FormValue("q"))
		}))
	})
}
