// Command tax computes value added tax.
package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	api "orders.example/fleet/api/tax"
	"orders.example/fleet/pkg/grpcserver"
	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/tax"
)

func main() {
	grpcserver.Main("tax", func(_ *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar) {
		api.RegisterTaxServer(server, &calls{service: tax.New(db)})
	})
}

type calls struct {
	api.UnimplementedTaxServer
	service *tax.Service
}

func (c *calls) Exempt(ctx context.Context, in *api.ExemptRequest) (*api.ExemptResponse, error) {
	return &api.ExemptResponse{}, c.service.Exempt(ctx, in.GetCustomer(), time.Unix(in.GetUntil(), 0))
}

func (c *calls) Compute(ctx context.Context, in *api.ComputeRequest) (*api.ComputeResponse, error) {
	net := money.Amount{Minor: in.GetNetMinor(), Currency: in.GetCurrency()}
	due, err := c.service.Compute(ctx, in.GetCustomer(), in.GetCountry(), in.GetCategory(), net)
	return &api.ComputeResponse{TaxMinor: due.Minor}, err
}
