package settings_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"storefront.example/backend/internal/settings"
)

func from(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestThereAreDefaultsForEverything(t *testing.T) {
	chosen, err := settings.Read(from(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Settings{Port: "8080", Carts: 100000, CartLifetime: 168 * time.Hour, Grace: 10 * time.Second}
	if chosen != want {
		t.Fatalf("%+v", chosen)
	}
}

func TestTheEnvironmentDecides(t *testing.T) {
	chosen, err := settings.Read(from(map[string]string{"PORT": "0", "LOG_LEVEL": "WARN", "SHUTDOWN_GRACE": "1s"}))
	if err != nil {
		t.Fatal(err)
	}
	if chosen.Port != "0" || chosen.Level != slog.LevelWarn || chosen.Grace != time.Second {
		t.Fatalf("%+v", chosen)
	}
}

func TestEverythingWrongIsToldTogether(t *testing.T) {
	wrong := map[string]string{"PORT": "http", "CARTS": "0", "CART_LIFETIME": "long", "LOG_LEVEL": "loud"}
	_, err := settings.Read(from(wrong))
	if err == nil {
		t.Fatal("nothing was wrong")
	}
	for name := range wrong {
		if !strings.Contains(err.Error(), name+" is ") {
			t.Errorf("%s is not told of in: %v", name, err)
		}
	}
}
