// Package inventory knows what is in stock, and for whom it is held.
package inventory

import (
	"context"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const heldFor = 30 * time.Minute

// Item is what there is of one product. Held is what is kept back, by order.
type Item struct {
	SKU      string
	Quantity int64
	Held     map[string]Hold
}

// Hold is kept back for one order since a time.
type Hold struct {
	Quantity int64
	Since    time.Time
}

// Reserved is what is held for orders.
func (i Item) Reserved() (sum int64) {
	for _, hold := range i.Held {
		sum += hold.Quantity
	}
	return sum
}

// Available is what can be had.
func (i Item) Available() int64 { return i.Quantity - i.Reserved() }

// Service keeps items by SKU.
type Service struct{ items store.Collection[Item] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Item](db, "stock")} }

// Set says how many there are, held or not.
func (s *Service) Set(ctx context.Context, sku string, quantity int64) (Item, error) {
	if sku == "" || quantity < 0 {
		return Item{}, problem.Invalidf("stock has a SKU, and a quantity of nothing or more")
	}
	if err := s.items.Add(ctx, sku, Item{SKU: sku}); err != nil && problem.KindOf(err) != problem.Conflict {
		return Item{}, err
	}
	return s.items.Change(ctx, sku, func(item *Item) error {
		if reserved := item.Reserved(); quantity < reserved {
			return problem.Conflictf("%d of %s are held", reserved, sku)
		}
		item.Quantity = quantity
		return nil
	})
}

// Reserve holds some for an order; what it held before is given back first.
func (s *Service) Reserve(ctx context.Context, sku, order string, quantity int64) (Item, error) {
	if order == "" || quantity < 1 {
		return Item{}, problem.Invalidf("a reservation has an order, and a quantity")
	}
	return s.edit(ctx, sku, func(item *Item) error {
		delete(item.Held, order)
		if item.Available() < quantity {
			return problem.Conflictf("only %d of %s can be had", item.Available(), sku)
		}
		item.Held[order] = Hold{quantity, time.Now()}
		return nil
	})
}

// Release gives back what was held for an order.
func (s *Service) Release(ctx context.Context, sku, order string) (Item, error) {
	return s.edit(ctx, sku, func(item *Item) error { delete(item.Held, order); return nil })
}

// Get is what there is of one product.
func (s *Service) Get(ctx context.Context, sku string) (Item, error) { return s.items.Get(ctx, sku) }

// ReleaseOld gives back what was held for long.
func (s *Service) ReleaseOld(ctx context.Context) (int, error) {
	old := func(_ string, hold Hold) bool { return time.Since(hold.Since) > heldFor }
	due := func(item Item) bool {
		for order, hold := range item.Held {
			if old(order, hold) {
				return true
			}
		}
		return false
	}
	return store.Sweep(ctx, s.items, due, func(item *Item) error {
		item.Held = maps.Clone(item.Held)
		maps.DeleteFunc(item.Held, old)
		return nil
	})
}

// edit changes an item whose holds are its own: the one that is kept must stay as it was if it fails.
func (s *Service) edit(ctx context.Context, sku string, edit func(*Item) error) (Item, error) {
	return s.items.Change(ctx, sku, func(item *Item) error {
		held := map[string]Hold{}
		maps.Copy(held, item.Held)
		item.Held = held
		return edit(item)
	})
}
