// Package order leads orders from placed to delivered.
package order

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const unpaidFor = time.Hour

// moves are the states that an event leads to, by the state before it.
var moves = map[string]map[string]string{
	"pay":     {"placed": "paid"},
	"ship":    {"paid": "shipped"},
	"deliver": {"shipped": "delivered"},
	"cancel":  {"placed": "cancelled", "paid": "refunding"},
	"refund":  {"refunding": "cancelled"},
}

// Request is an order that somebody wants to place.
type Request struct {
	Customer  string             `json:"customer"`
	Lines     []pricing.Line     `json:"lines"`
	Discounts []pricing.Discount `json:"discounts,omitempty"`
}

// Order is what was placed, at the prices of that time.
type Order struct {
	ID       string         `json:"id"`
	Customer string         `json:"customer"`
	Lines    []pricing.Line `json:"lines"`
	Quote    pricing.Quote  `json:"quote"`
	State    string         `json:"state"`
	Placed   time.Time      `json:"placed"`
}

// Service keeps orders by id.
type Service struct{ orders store.Collection[Order] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Order](db, "orders")} }

// Place makes an order.
func (s *Service) Place(ctx context.Context, request Request) (Order, error) {
	if request.Customer == "" {
		return Order{}, problem.Invalidf("an order has a customer")
	}
	quote, err := pricing.Price(request.Lines, request.Discounts...)
	if err != nil {
		return Order{}, err
	}
	order := Order{rand.Text(), request.Customer, request.Lines, quote, "placed", time.Now()}
	return order, s.orders.Add(ctx, order.ID, order)
}

// Get is one order.
func (s *Service) Get(ctx context.Context, id string) (Order, error) { return s.orders.Get(ctx, id) }

// Tell leads an order to its next state.
func (s *Service) Tell(ctx context.Context, id, event string) (Order, error) {
	states, known := moves[event]
	if !known {
		return Order{}, problem.Invalidf("nothing is known of the event %q", event)
	}
	return s.orders.Change(ctx, id, func(order *Order) error {
		next, allowed := states[order.State]
		if !allowed {
			return problem.Conflictf("cannot %s an order that is %s", event, order.State)
		}
		order.State = next
		return nil
	})
}

// CancelUnpaid cancels what was placed long ago and not paid.
func (s *Service) CancelUnpaid(ctx context.Context) (int, error) {
	late := func(one Order) bool { return one.State == "placed" && time.Since(one.Placed) > unpaidFor }
	return store.Sweep(ctx, s.orders, late, func(one *Order) error {
		if one.State == "placed" { // and not paid since it was looked at
			one.State = "cancelled"
		}
		return nil
	})
}
