// Command pricing tells what products and baskets cost.
package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	api "orders.example/fleet/api/pricing"
	"orders.example/fleet/pkg/grpcserver"
	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/run"
	prices "orders.example/fleet/services/pricing"
)

func main() {
	grpcserver.Main("pricing", func(_ *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar) {
		api.RegisterPricingServer(server, &calls{service: prices.New(db)})
	})
}

type calls struct {
	api.UnimplementedPricingServer
	service *prices.Service
}

func (c *calls) SetPrice(ctx context.Context, in *api.SetPriceRequest) (*api.Price, error) {
	amount := money.Amount{Minor: in.GetMinor(), Currency: in.GetCurrency()}
	var from time.Time
	if in.GetFrom() > 0 {
		from = time.Unix(in.GetFrom(), 0)
	}
	now, err := c.service.Set(ctx, in.GetSku(), amount, from)
	return &api.Price{Sku: in.GetSku(), Minor: now.Minor, Currency: now.Currency}, err
}

func (c *calls) QuoteBasket(ctx context.Context, in *api.QuoteBasketRequest) (*api.Quote, error) {
	quote, err := c.service.Quote(ctx, in.GetQuantities())
	return &api.Quote{
		Subtotal: quote.Subtotal.Minor, Rebate: quote.Rebate.Minor, Total: quote.Total.Minor, Currency: quote.Total.Currency,
	}, err
}
