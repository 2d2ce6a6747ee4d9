// Command loyalty keeps the points that customers earn.
package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	api "orders.example/fleet/api/loyalty"
	"orders.example/fleet/pkg/grpcserver"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/loyalty"
)

func main() {
	grpcserver.Main("loyalty", func(_ *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar) {
		api.RegisterLoyaltyServer(server, &calls{service: loyalty.New(db)})
	})
}

type calls struct {
	api.UnimplementedLoyaltyServer
	service *loyalty.Service
}

func (c *calls) Earn(ctx context.Context, in *api.EarnRequest) (*api.Balance, error) {
	points, err := c.service.Earn(ctx, in.GetCustomer(), in.GetPaidMinor())
	return &api.Balance{Customer: in.GetCustomer(), Points: points}, err
}

func (c *calls) Spend(ctx context.Context, in *api.SpendRequest) (*api.Balance, error) {
	points, err := c.service.Spend(ctx, in.GetCustomer(), in.GetPoints())
	return &api.Balance{Customer: in.GetCustomer(), Points: points}, err
}

func (c *calls) GetBalance(ctx context.Context, in *api.GetBalanceRequest) (*api.Balance, error) {
	points, err := c.service.Balance(ctx, in.GetCustomer())
	return &api.Balance{Customer: in.GetCustomer(), Points: points}, err
}
