// Package catalog keeps the products that are sold.
package catalog

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

var skus = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,31}$`)

// Product is what can be sold, until it is retired.
type Product struct {
	SKU      string       `json:"sku"`
	Name     string       `json:"name"`
	Category string       `json:"category"`
	Price    money.Amount `json:"price"`
	Until    time.Time    `json:"until,omitzero"`
	Retired  bool         `json:"retired"`
}

// Service keeps products by SKU.
type Service struct{ products store.Collection[Product] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Product](db, "products")} }

// Put keeps a product under a SKU.
func (s *Service) Put(ctx context.Context, sku string, product Product) (Product, error) {
	if !skus.MatchString(sku) {
		return Product{}, problem.Invalidf("a SKU is 2 to 32 capitals, digits and hyphens, not %q", sku)
	}
	if product.Name == "" || product.Price.Minor <= 0 {
		return Product{}, problem.Invalidf("a product has a name and a price")
	}
	product.SKU = sku
	return product, s.products.Put(ctx, sku, product)
}

// Get is one product, retired or not.
func (s *Service) Get(ctx context.Context, sku string) (Product, error) {
	return s.products.Get(ctx, sku)
}

// In is what is sold in a category (in all, without one), by name.
func (s *Service) In(ctx context.Context, category string) ([]Product, error) {
	all, err := s.products.All(ctx)
	found := []Product{}
	for _, one := range all {
		if !one.Retired && (category == "" || one.Category == category) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b Product) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.SKU, b.SKU)) })
	return found, err
}

// Retire takes products off the shelf whose time is over.
func (s *Service) Retire(ctx context.Context) (int, error) {
	now := time.Now()
	over := func(one Product) bool { return !one.Retired && !one.Until.IsZero() && now.After(one.Until) }
	return store.Sweep(ctx, s.products, over, func(one *Product) error { one.Retired = true; return nil })
}
