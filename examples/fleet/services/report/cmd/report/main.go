// Command report tells what was sold, by day.
package main

import (
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/report"
)

func main() {
	httpserver.Main("report", func(_ *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		reports := report.New(db)
		mux.Handle("POST /sales", httpserver.Take(func(r *http.Request, in report.Sale) (report.Sale, error) {
			return reports.Note(r.Context(), in)
		}))
		mux.Handle("GET /days/{day}", httpserver.Answer(func(r *http.Request) (report.Day, error) {
			return reports.Day(r.Context(), r.PathValue("day"))
		}))
	})
}
