// Command cart keeps baskets before they become orders.
package main

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orders.example/fleet/api/inventory"
	"orders.example/fleet/pkg/httpserver"
	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/cart"
)

func main() {
	httpserver.Main("cart", func(app *run.App, db *pgxpool.Pool, mux *http.ServeMux) {
		carts := cart.New(db, stock(app.Settings.String("INVENTORY_ADDRESS", "")))
		mux.Handle("GET /carts/{id}", httpserver.Answer(func(r *http.Request) (cart.View, error) {
			return carts.View(r.Context(), r.PathValue("id"))
		}))
		mux.Handle("PUT /carts/{id}/lines", httpserver.Take(func(r *http.Request, in pricing.Line) (cart.View, error) {
			return carts.Set(r.Context(), r.PathValue("id"), in)
		}))
	})
}

// stock asks the inventory service; without an address everything is in stock.
func stock(address string) cart.Stock {
	if address == "" {
		return nil
	}
	return func(ctx context.Context, sku string) (int64, error) {
		// Connections are for the mesh to encrypt, and cheap to make anew: grpc.NewClient does not connect by itself.
		connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return 0, err
		}
		defer connection.Close()
		level, err := inventory.NewInventoryClient(connection).GetLevel(ctx, &inventory.GetLevelRequest{Sku: sku})
		return level.GetAvailable(), err
	}
}
