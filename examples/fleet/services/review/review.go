// Package review collects what customers think of products.
package review

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const shown = 10

// suspicious are parts of texts that a person should see first.
var suspicious = []string{"http:", "https:", "www.", "@"}

// Review is what one customer thinks: one to five stars, and why. State is `new`, `published` or `held`.
type Review struct {
	SKU      string    `json:"sku"`
	Customer string    `json:"customer"`
	Stars    int       `json:"stars"`
	Text     string    `json:"text"`
	State    string    `json:"state"`
	Written  time.Time `json:"written"`
}

// Summary is what customers think of one product, the newest first.
type Summary struct {
	Count int      `json:"count"`
	Mean  float64  `json:"mean"`
	Last  []Review `json:"last"`
}

// Service keeps reviews by product and customer.
type Service struct{ reviews store.Collection[Review] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Review](db, "reviews")} }

// Write keeps a customer's only review of a product. It is not shown before the worker has looked at it.
func (s *Service) Write(ctx context.Context, sku string, one Review) (Review, error) {
	if one.Customer == "" || one.Stars < 1 || one.Stars > 5 {
		return Review{}, problem.Invalidf("a review has a customer, and one to five stars")
	}
	one.SKU, one.State, one.Written = sku, "new", time.Now()
	return one, s.reviews.Put(ctx, sku+"/"+one.Customer, one)
}

// Of is what was published about one product.
func (s *Service) Of(ctx context.Context, sku string) (Summary, error) {
	all, err := s.reviews.All(ctx)
	summary, stars := Summary{Last: []Review{}}, 0
	for _, one := range all {
		if one.SKU == sku && one.State == "published" {
			summary.Last = append(summary.Last, one)
			stars += one.Stars
		}
	}
	if summary.Count = len(summary.Last); summary.Count > 0 {
		summary.Mean = float64(stars) / float64(summary.Count)
	}
	slices.SortFunc(summary.Last, func(a, b Review) int {
		return cmp.Or(b.Written.Compare(a.Written), cmp.Compare(a.Customer, b.Customer))
	})
	summary.Last = summary.Last[:min(summary.Count, shown)]
	return summary, err
}

// Publish shows new reviews, and holds those that a person should see first.
func (s *Service) Publish(ctx context.Context) (int, error) {
	fresh := func(one Review) bool { return one.State == "new" }
	return store.Sweep(ctx, s.reviews, fresh, func(one *Review) error {
		one.State = "published"
		text := strings.ToLower(one.Text)
		if slices.ContainsFunc(suspicious, func(part string) bool { return strings.Contains(text, part) }) {
			one.State = "held"
		}
		return nil
	})
}
