// Package tax computes value added tax, and knows who is exempt from it.
package tax

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
	rates "orders.example/fleet/pkg/tax"
)

// Exemption lasts until a time.
type Exemption struct{ Until time.Time }

// Service keeps exemptions by customer.
type Service struct{ exemptions store.Collection[Exemption] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Exemption](db, "exemptions")} }

// Exempt takes a customer out until a time to come.
func (s *Service) Exempt(ctx context.Context, customer string, until time.Time) error {
	if customer == "" || !until.After(time.Now()) {
		return problem.Invalidf("an exemption has a customer, and an end that is to come")
	}
	return s.exemptions.Put(ctx, customer, Exemption{until})
}

// Compute is the tax to add to a net amount that a customer pays.
func (s *Service) Compute(
	ctx context.Context, customer, country, category string, net money.Amount,
) (money.Amount, error) {
	found, err := rates.In(country)
	if err != nil {
		return money.Amount{}, err
	}
	exemption, err := s.exemptions.Get(ctx, customer)
	if err != nil && problem.KindOf(err) != problem.Missing {
		return money.Amount{}, err
	}
	if time.Now().Before(exemption.Until) {
		return net.Times(0), nil
	}
	return found.On(net, category), nil
}

// End forgets exemptions that have ended.
func (s *Service) End(ctx context.Context) (int, error) {
	return store.Purge(ctx, s.exemptions, func(one Exemption) bool { return time.Now().After(one.Until) })
}
