// Package pricing keeps prices, today's and those to come.
package pricing

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	rules "orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

// Entry is a price that holds, and one that will.
type Entry struct {
	Now  money.Amount
	Next money.Amount
	From time.Time
}

// Service keeps prices by SKU.
type Service struct{ prices store.Collection[Entry] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Entry](db, "prices")} }

// Set sets a price, from now on or from a day to come; the price that holds.
func (s *Service) Set(ctx context.Context, sku string, price money.Amount, from time.Time) (money.Amount, error) {
	if sku == "" || price.Minor < 1 || len(price.Currency) != 3 {
		return money.Amount{}, problem.Invalidf("a price has a SKU, and an amount of a currency")
	}
	if err := s.prices.Add(ctx, sku, Entry{Now: price}); err != nil && problem.KindOf(err) != problem.Conflict {
		return money.Amount{}, err
	}
	changed, err := s.prices.Change(ctx, sku, func(one *Entry) error {
		if from.After(time.Now()) {
			one.Next, one.From = price, from
		} else {
			*one = Entry{Now: price}
		}
		return nil
	})
	return changed.Now, err
}

// Quote says what a basket costs, given how many of each SKU are in it.
func (s *Service) Quote(ctx context.Context, quantities map[string]int64) (rules.Quote, error) {
	var lines []rules.Line
	for _, sku := range slices.Sorted(maps.Keys(quantities)) {
		entry, err := s.prices.Get(ctx, sku)
		if err != nil {
			return rules.Quote{}, err
		}
		lines = append(lines, rules.Line{SKU: sku, Quantity: quantities[sku], Unit: entry.Now})
	}
	return rules.Price(lines)
}

// Activate lets prices hold whose day has come.
func (s *Service) Activate(ctx context.Context) (int, error) {
	due := func(one Entry) bool { return !one.From.IsZero() && time.Now().After(one.From) }
	return store.Sweep(ctx, s.prices, due, func(one *Entry) error {
		if due(*one) {
			*one = Entry{Now: one.Next}
		}
		return nil
	})
}
