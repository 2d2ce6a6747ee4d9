// Command worker sends messages: to the gateway that GATEWAY_URL names, or into the log.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/notification"
)

func main() {
	queue.Main("notification-worker", func(app *run.App, db *pgxpool.Pool) []queue.Job {
		return []queue.Job{notification.New(db).Deliver(carrier(app))}
	})
}

func carrier(app *run.App) notification.Carrier {
	gateway := app.Settings.String("GATEWAY_URL", "")
	if gateway == "" {
		return func(_ context.Context, message notification.Message) error {
			app.Log.Info("message", "id", message.ID, "to", message.To, "length", len(message.Body))
			return nil
		}
	}
	return func(ctx context.Context, message notification.Message) error { return post(ctx, gateway, message) }
}

func post(ctx context.Context, gateway string, message notification.Message) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, gateway, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the gateway answered %s", answer.Status)
	}
	return nil
}
