// Package promotion keeps discount codes.
package promotion

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const highest = 9000 // basis points: nothing is given away

// Code is a discount that can be redeemed a number of times, until it ends.
type Code struct {
	pricing.Discount
	Left  int       `json:"left"`
	Until time.Time `json:"until"`
}

// Service keeps codes by name.
type Service struct{ codes store.Collection[Code] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Code](db, "codes")} }

// Put keeps a code under a name.
func (s *Service) Put(ctx context.Context, name string, code Code) (Code, error) {
	if code.BasisPoints < 1 || code.BasisPoints > highest || code.Left < 1 || !code.Until.After(time.Now()) {
		return Code{}, problem.Invalidf("a code takes off 1 to %d basis points, once or more, until some day to come", highest)
	}
	code.Code = name
	return code, s.codes.Put(ctx, name, code)
}

// Redeem uses a code once, on a basket that it takes something off.
func (s *Service) Redeem(ctx context.Context, name string, lines []pricing.Line) (quote pricing.Quote, err error) {
	_, err = s.codes.Change(ctx, name, func(code *Code) error {
		if code.Left < 1 || time.Now().After(code.Until) {
			return problem.Conflictf("%s is used up", name)
		}
		if quote, err = pricing.Price(lines, code.Discount); err != nil {
			return err
		}
		if quote.Code == "" {
			return problem.Conflictf("%s is for baskets of %d and more", name, code.Minimum)
		}
		code.Left--
		return nil
	})
	return quote, err
}

// End forgets codes whose time is over.
func (s *Service) End(ctx context.Context) (int, error) {
	return store.Purge(ctx, s.codes, func(one Code) bool { return time.Now().After(one.Until) })
}
