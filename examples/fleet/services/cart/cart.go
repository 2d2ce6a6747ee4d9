// Package cart keeps baskets before they become orders.
package cart

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const abandonedAfter = 7 * 24 * time.Hour

// Stock tells how many of a product can be had.
type Stock func(ctx context.Context, sku string) (int64, error)

// View is a basket with what it costs.
type View struct {
	Lines []pricing.Line `json:"lines"`
	Quote *pricing.Quote `json:"quote,omitempty"`
}

type basket struct {
	Lines   []pricing.Line
	Touched time.Time
}

// Service keeps baskets by id. Without stock, everything can be had.
type Service struct {
	baskets store.Collection[basket]
	stock   Stock
}

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool, stock Stock) *Service {
	return &Service{store.Open[basket](db, "carts"), stock}
}

// View is one basket; one that was never filled is empty.
func (s *Service) View(ctx context.Context, id string) (View, error) {
	found, err := s.baskets.Get(ctx, id)
	if err != nil && problem.KindOf(err) != problem.Missing {
		return View{}, err
	}
	return view(found.Lines)
}

// Set puts a line into a basket in the place of the one with its SKU; a quantity of nothing takes it out.
func (s *Service) Set(ctx context.Context, id string, line pricing.Line) (View, error) {
	if err := s.check(ctx, line); err != nil {
		return View{}, err
	}
	if err := s.baskets.Add(ctx, id, basket{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return View{}, err
	}
	changed, err := s.baskets.Change(ctx, id, func(one *basket) error {
		lines := slices.DeleteFunc(slices.Clone(one.Lines), func(old pricing.Line) bool { return old.SKU == line.SKU })
		if line.Quantity > 0 {
			lines = append(lines, line)
		}
		one.Lines, one.Touched = lines, time.Now()
		_, err := view(lines)
		return err
	})
	if err != nil {
		return View{}, err
	}
	return view(changed.Lines)
}

// Abandon forgets what nobody has touched for long.
func (s *Service) Abandon(ctx context.Context) (int, error) {
	return store.Purge(ctx, s.baskets, func(one basket) bool { return time.Since(one.Touched) > abandonedAfter })
}

func (s *Service) check(ctx context.Context, line pricing.Line) error {
	if line.SKU == "" || line.Quantity < 0 {
		return problem.Invalidf("a line has a SKU, and a quantity of nothing or more")
	}
	if s.stock == nil || line.Quantity == 0 {
		return nil
	}
	available, err := s.stock(ctx, line.SKU)
	if err == nil && available < line.Quantity {
		return problem.Conflictf("only %d of %s can be had", available, line.SKU)
	}
	return err
}

func view(lines []pricing.Line) (View, error) {
	if len(lines) == 0 {
		return View{Lines: []pricing.Line{}}, nil
	}
	quote, err := pricing.Price(lines)
	return View{lines, &quote}, err
}
