// Command inventory knows what is in stock, and holds it for orders.
package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	api "orders.example/fleet/api/inventory"
	"orders.example/fleet/pkg/grpcserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/inventory"
)

func main() {
	grpcserver.Main("inventory", func(_ *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar) {
		api.RegisterInventoryServer(server, &calls{service: inventory.New(db)})
	})
}

type calls struct {
	api.UnimplementedInventoryServer
	service *inventory.Service
}

func (c *calls) SetStock(ctx context.Context, in *api.SetStockRequest) (*api.Level, error) {
	return level(c.service.Set(ctx, in.GetSku(), in.GetQuantity()))
}

func (c *calls) Reserve(ctx context.Context, in *api.ReserveRequest) (*api.Level, error) {
	return level(c.service.Reserve(ctx, in.GetSku(), in.GetOrder(), in.GetQuantity()))
}

func (c *calls) Release(ctx context.Context, in *api.ReleaseRequest) (*api.Level, error) {
	return level(c.service.Release(ctx, in.GetSku(), in.GetOrder()))
}

func (c *calls) GetLevel(ctx context.Context, in *api.GetLevelRequest) (*api.Level, error) {
	return level(c.service.Get(ctx, in.GetSku()))
}

func level(item inventory.Item, err error) (*api.Level, error) {
	return &api.Level{Sku: item.SKU, Available: item.Available(), Reserved: item.Reserved()}, err
}
