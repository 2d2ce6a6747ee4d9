// Package report tells what was sold, by day in the time zone of the business.
package report

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const zone = "Europe/Berlin"

// Sale is an order that was paid. Counted: it is part of its day.
type Sale struct {
	Order   string       `json:"order"`
	Total   money.Amount `json:"total"`
	At      time.Time    `json:"at"`
	Counted bool         `json:"counted,omitempty"`
}

// Day is what was sold on it, by currency in the smallest unit.
type Day struct {
	Orders int              `json:"orders"`
	Totals map[string]int64 `json:"totals"`
}

// Service keeps sales by order and days by date.
type Service struct {
	sales store.Collection[Sale]
	days  store.Collection[Day]
}

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service {
	return &Service{store.Open[Sale](db, "sales"), store.Open[Day](db, "days")}
}

// Note keeps a sale, to be counted later.
func (s *Service) Note(ctx context.Context, sale Sale) (Sale, error) {
	if sale.Order == "" || sale.At.IsZero() {
		return Sale{}, problem.Invalidf("a sale has an order and a time")
	}
	sale.Counted = false
	return sale, s.sales.Add(ctx, sale.Order, sale)
}

// Day is what was sold on a date like 2026-02-03.
func (s *Service) Day(ctx context.Context, date string) (Day, error) {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return Day{}, problem.Invalidf("a day is like 2026-02-03, not %q", date)
	}
	return s.days.Get(ctx, date)
}

// RollUp counts sales that are in no day yet.
func (s *Service) RollUp(ctx context.Context) (int, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return 0, err
	}
	fresh := func(one Sale) bool { return !one.Counted }
	return store.Sweep(ctx, s.sales, fresh, func(sale *Sale) error {
		date := sale.At.In(location).Format(time.DateOnly)
		if err := s.days.Add(ctx, date, Day{Totals: map[string]int64{}}); err != nil && problem.KindOf(err) != problem.Conflict {
			return err
		}
		_, err := s.days.Change(ctx, date, func(day *Day) error {
			day.Orders++
			day.Totals[sale.Total.Currency] += sale.Total.Minor
			return nil
		})
		sale.Counted = true
		return err
	})
}
