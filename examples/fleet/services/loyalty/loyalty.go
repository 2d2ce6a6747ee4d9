// Package loyalty keeps the points that customers earn. The oldest are spent first, and expire after a year.
package loyalty

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const (
	minorPerPoint = 100
	validFor      = 365 * 24 * time.Hour
)

// Ledger is what one customer has, the oldest first.
type Ledger struct{ Lots []Lot }

// Lot is what is left of the points that were earned at once.
type Lot struct {
	Points int64
	Earned time.Time
}

// Service keeps ledgers by customer.
type Service struct{ ledgers store.Collection[Ledger] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Ledger](db, "ledgers")} }

// Earn gives a point for each whole unit that was paid; the new balance.
func (s *Service) Earn(ctx context.Context, customer string, paidMinor int64) (int64, error) {
	if customer == "" || paidMinor < 0 {
		return 0, problem.Invalidf("points are for a customer who has paid")
	}
	if err := s.ledgers.Add(ctx, customer, Ledger{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return 0, err
	}
	changed, err := s.ledgers.Change(ctx, customer, func(one *Ledger) error {
		one.Lots = append(slices.Clone(one.Lots), Lot{paidMinor / minorPerPoint, time.Now()})
		return nil
	})
	return changed.balance(), err
}

// Spend takes points off; the new balance.
func (s *Service) Spend(ctx context.Context, customer string, points int64) (int64, error) {
	if points < 1 {
		return 0, problem.Invalidf("points are spent by one or more")
	}
	changed, err := s.ledgers.Change(ctx, customer, func(one *Ledger) error {
		if balance := one.balance(); balance < points {
			return problem.Conflictf("%s has %d points", customer, balance)
		}
		one.Lots = spent(one.Lots, points)
		return nil
	})
	return changed.balance(), err
}

// Balance is what a customer can spend.
func (s *Service) Balance(ctx context.Context, customer string) (int64, error) {
	found, err := s.ledgers.Get(ctx, customer)
	return found.balance(), err
}

// Expire takes away what is old.
func (s *Service) Expire(ctx context.Context) (int, error) {
	due := func(one Ledger) bool { return slices.ContainsFunc(one.Lots, old) }
	return store.Sweep(ctx, s.ledgers, due, func(one *Ledger) error {
		one.Lots = slices.DeleteFunc(slices.Clone(one.Lots), old)
		return nil
	})
}

func (l Ledger) balance() (sum int64) {
	for _, lot := range l.Lots {
		if !old(lot) {
			sum += lot.Points
		}
	}
	return sum
}

func spent(lots []Lot, points int64) (left []Lot) {
	for _, lot := range lots {
		if old(lot) {
			continue
		}
		taken := min(lot.Points, points)
		lot.Points, points = lot.Points-taken, points-taken
		if lot.Points > 0 {
			left = append(left, lot)
		}
	}
	return left
}

func old(lot Lot) bool { return time.Since(lot.Earned) > validFor }
