package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"storefront.example/backend/internal/settings"
)

func TestItEndsWhenItIsAskedTo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	chosen := settings.Settings{Host: "127.0.0.1", Port: "0", Carts: 1, CartLifetime: time.Hour, Grace: time.Minute}
	done := make(chan error, 1)
	go func() { done <- run(ctx, chosen, slog.New(slog.DiscardHandler)) }()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestAPortThatIsTakenIsAnError(t *testing.T) {
	chosen := settings.Settings{Host: "192.0.2.1", Port: "1"}
	if err := run(t.Context(), chosen, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("it listens where nothing can")
	}
}
