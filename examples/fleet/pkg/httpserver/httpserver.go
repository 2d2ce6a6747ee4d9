// Package httpserver runs an HTTP service: routes, health, and an end that lets requests finish.
package httpserver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/run"
	"orders.example/fleet/pkg/store"
)

const (
	readTimeout  = 10 * time.Second
	checkTimeout = 2 * time.Second
)

// Main is the whole program of an HTTP service. db is nothing where no DATABASE_URL is set.
func Main(name string, routes func(app *run.App, db *pgxpool.Pool, mux *http.ServeMux)) {
	run.Main(name, func(ctx context.Context, app *run.App) error {
		port := app.Settings.String("PORT", "8080")
		grace := app.Settings.Duration("GRACE", 10*time.Second)
		if err := app.CheckSettings(); err != nil {
			return err
		}
		db, err := store.Connect(ctx, app)
		if err != nil {
			return err
		}
		defer store.Close(db)
		mux := http.NewServeMux()
		routes(app, db, mux)
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		app.Log.Info("listening", "address", listener.Addr().String())
		return serve(ctx, listener, logged(app, withHealth(mux, ready(db))), grace)
	})
}

// serve answers until the context ends, then lets requests finish for as long as grace.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, grace time.Duration) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer stop()
	if err := server.Shutdown(last); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// withHealth adds /healthz, which tells that the process answers, and /readyz, which asks what it needs, too.
func withHealth(mux *http.ServeMux, ready func(context.Context) error) http.Handler {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, stop := context.WithTimeout(r.Context(), checkTimeout)
		defer stop()
		if err := ready(ctx); err != nil {
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": err.Error()})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	return mux
}

func ready(db *pgxpool.Pool) func(context.Context) error {
	if db == nil {
		return func(context.Context) error { return nil }
	}
	return db.Ping
}

func logged(app *run.App, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, seen := time.Now(), &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(seen, r)
		app.Log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", seen.code, "took", time.Since(began))
	})
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}
