// Package run is the outermost part of every program of the fleet: settings, logs, signals, exit codes.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"orders.example/fleet/pkg/config"
)

// Exit codes of every program.
const (
	exitFailed   = 1
	exitSettings = 2
)

// App is what a program has when it starts.
type App struct {
	Name     string
	Settings *config.Settings
	Log      *slog.Logger
}

// ErrSettings is wrapped by errors about settings: the program was started wrongly and nothing was done.
var ErrSettings = errors.New("wrong settings")

// CheckSettings turns what is wrong with the settings so far into an error that ends the program.
func (a *App) CheckSettings() error {
	if err := a.Settings.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrSettings, err)
	}
	return nil
}

// NeedDatabase is the address of the database, for a program that is nothing without it.
func (a *App) NeedDatabase() (string, error) {
	url := a.Settings.Required("DATABASE_URL", a.Name+" works on a Postgres database, such as postgres://user@host/name")
	return url, a.CheckSettings()
}

// Main runs a program until it is done or told to stop. Its context ends with SIGTERM and SIGINT.
func Main(name string, body func(context.Context, *App) error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	app := &App{Name: name, Settings: config.FromEnvironment()}
	app.Log = newLog(name, app.Settings.String("LOG_LEVEL", "INFO"))
	slog.SetDefault(app.Log)
	err := body(ctx, app)
	stop()
	if err != nil {
		app.Log.Error("ended", "error", err.Error())
		os.Exit(exitCode(err))
	}
	app.Log.Info("ended")
}

func newLog(name, level string) *slog.Logger {
	var threshold slog.Level
	if threshold.UnmarshalText([]byte(level)) != nil {
		threshold = slog.LevelInfo
	}
	handler := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: threshold})
	return slog.New(handler).With("program", name)
}

func exitCode(err error) int {
	if errors.Is(err, ErrSettings) {
		return exitSettings
	}
	return exitFailed
}
