// Backend serves the shop's catalogue and its visitors' carts to the front end, as JSON over HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"storefront.example/backend/internal/cart"
	"storefront.example/backend/internal/catalogue"
	"storefront.example/backend/internal/settings"
	"storefront.example/backend/internal/web"
)

func main() {
	chosen, err := settings.Read(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "backend:", err)
		os.Exit(2)
	}
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: chosen.Level}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, chosen, log); err != nil {
		log.Error("failed", "error", err.Error())
		os.Exit(1)
	}
}

// run serves until the context ends, and then for as long as answers are still being given.
func run(ctx context.Context, chosen settings.Settings, log *slog.Logger) error {
	products, err := catalogue.Load()
	if err != nil {
		return err
	}
	carts := cart.NewStore(products, cart.Limits{Carts: chosen.Carts, Lifetime: chosen.CartLifetime}, time.Now)
	listener, err := net.Listen("tcp", net.JoinHostPort(chosen.Host, chosen.Port))
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String(), "products", products.Len())
	server := &http.Server{
		Handler:           web.Handler(products, carts, log, ctx.Done()),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		log.Info("ending")
		patience, cancel := context.WithTimeout(context.Background(), chosen.Grace)
		defer cancel()
		ended <- server.Shutdown(patience)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}
