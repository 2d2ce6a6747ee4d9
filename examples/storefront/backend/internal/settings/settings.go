// Package settings reads what the environment decides.
package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
)

// Settings of the back end.
type Settings struct {
	Host         string
	Port         string
	Level        slog.Level
	Carts        int           // carts that are kept at once
	CartLifetime time.Duration // how long a cart is kept that nobody touches
	Grace        time.Duration // how long answers may take once the process is asked to end
}

// Read them by a function such as os.Getenv; the error names everything that is wrong.
func Read(get func(string) string) (Settings, error) {
	var problems []error
	text := func(name, otherwise string) string {
		if value := get(name); value != "" {
			return value
		}
		return otherwise
	}
	duration := func(name, otherwise string) time.Duration {
		value, err := time.ParseDuration(text(name, otherwise))
		if err != nil || value <= 0 {
			problems = append(problems, fmt.Errorf("%s is %q, not a duration such as %s", name, get(name), otherwise))
		}
		return value
	}
	number := func(name, otherwise string, least, most int) int {
		value, err := strconv.Atoi(text(name, otherwise))
		if err != nil || value < least || value > most {
			problems = append(problems, fmt.Errorf("%s is %q, not a number from %d to %d", name, get(name), least, most))
		}
		return value
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(text("LOG_LEVEL", "info"))); err != nil {
		problems = append(problems, fmt.Errorf("LOG_LEVEL is %q, not debug, info, warn or error", get("LOG_LEVEL")))
	}
	chosen := Settings{
		Host:         text("HOST", ""),
		Port:         strconv.Itoa(number("PORT", "8080", 0, 65535)),
		Level:        level,
		Carts:        number("CARTS", "100000", 1, 10_000_000),
		CartLifetime: duration("CART_LIFETIME", "168h"),
		Grace:        duration("SHUTDOWN_GRACE", "10s"),
	}
	return chosen, errors.Join(problems...)
}
