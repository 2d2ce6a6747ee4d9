// Package customer keeps what is known of customers.
package customer

import (
	"context"
	"net/mail"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const thinkAgain = 14 * 24 * time.Hour

// Customer is somebody who buys. Left is when they asked to be forgotten.
type Customer struct {
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Language string    `json:"language"`
	Left     time.Time `json:"left,omitzero"`
}

// Service keeps customers by id.
type Service struct{ customers store.Collection[Customer] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Customer](db, "customers")} }

// Put keeps a customer, and makes who had left come back.
func (s *Service) Put(ctx context.Context, id string, customer Customer) (Customer, error) {
	address, err := mail.ParseAddress(customer.Email)
	if err != nil || customer.Name == "" {
		return Customer{}, problem.Invalidf("a customer has a name and an email address")
	}
	customer.Email, customer.Left = address.Address, time.Time{}
	if customer.Language == "" {
		customer.Language = "en"
	}
	return customer, s.customers.Put(ctx, id, customer)
}

// Get is one customer.
func (s *Service) Get(ctx context.Context, id string) (Customer, error) {
	return s.customers.Get(ctx, id)
}

// Leave begins to forget a customer.
func (s *Service) Leave(ctx context.Context, id string) (Customer, error) {
	return s.customers.Change(ctx, id, func(one *Customer) error {
		if one.Left.IsZero() {
			one.Left = time.Now()
		}
		return nil
	})
}

// Erase forgets who has left for good.
func (s *Service) Erase(ctx context.Context) (int, error) {
	return store.Purge(ctx, s.customers, func(one Customer) bool {
		return !one.Left.IsZero() && time.Since(one.Left) > thinkAgain
	})
}
