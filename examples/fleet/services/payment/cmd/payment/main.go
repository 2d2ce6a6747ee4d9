// Command payment holds money on cards, then takes it.
package main

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	api "orders.example/fleet/api/payment"
	"orders.example/fleet/pkg/grpcserver"
	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/services/payment"
)

func main() {
	grpcserver.Main("payment", func(_ *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar) {
		api.RegisterPaymentServer(server, &calls{service: payment.New(db)})
	})
}

type calls struct {
	api.UnimplementedPaymentServer
	service *payment.Service
}

func (c *calls) Authorise(ctx context.Context, in *api.AuthoriseRequest) (*api.Authorisation, error) {
	amount := money.Amount{Minor: in.GetMinor(), Currency: in.GetCurrency()}
	return answer(c.service.Authorise(ctx, in.GetOrder(), in.GetCard(), amount))
}

func (c *calls) Capture(ctx context.Context, in *api.CaptureRequest) (*api.Authorisation, error) {
	return answer(c.service.Capture(ctx, in.GetOrder()))
}

func answer(one payment.Authorisation, err error) (*api.Authorisation, error) {
	return &api.Authorisation{
		Order: one.Order, State: one.State, LastDigits: one.LastDigits, Minor: one.Amount.Minor, Currency: one.Amount.Currency,
	}, err
}
