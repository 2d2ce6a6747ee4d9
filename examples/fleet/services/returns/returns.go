// Package returns takes goods back and says what is paid back for them.
package returns

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const (
	window     = 30 * 24 * time.Hour
	travelsFor = 21 * 24 * time.Hour
)

// Request is something that a customer wants to send back.
type Request struct {
	Order     string       `json:"order"`
	Paid      money.Amount `json:"paid"`
	Delivered time.Time    `json:"delivered"`
}

// Condition is how the goods arrived: `new`, `opened` or `worn`.
type Condition struct {
	State string `json:"state"`
}

// Return is something on its way back.
type Return struct {
	ID        string       `json:"id"`
	Order     string       `json:"order"`
	Paid      money.Amount `json:"paid"`
	Refund    money.Amount `json:"refund"`
	State     string       `json:"state"`
	Announced time.Time    `json:"announced"`
}

// share of what was paid, in basis points, by the condition of the goods.
var share = map[string]int64{"new": 10_000, "opened": 8_500, "worn": 5_000}

// Service keeps returns by id.
type Service struct{ returns store.Collection[Return] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Return](db, "returns")} }

// Announce begins a return, while it is allowed.
func (s *Service) Announce(ctx context.Context, request Request) (Return, error) {
	if request.Order == "" || request.Paid.Minor < 1 {
		return Return{}, problem.Invalidf("a return has an order, and what was paid")
	}
	if time.Since(request.Delivered) > window {
		return Return{}, problem.Conflictf("goods are taken back for %d days", window/(24*time.Hour))
	}
	one := Return{rand.Text(), request.Order, request.Paid, request.Paid.Times(0), "announced", time.Now()}
	return one, s.returns.Add(ctx, one.ID, one)
}

// Receive says what is paid back for goods that have arrived.
func (s *Service) Receive(ctx context.Context, id string, condition Condition) (Return, error) {
	points, known := share[condition.State]
	if !known {
		return Return{}, problem.Invalidf("goods are new, opened or worn, not %q", condition.State)
	}
	return s.returns.Change(ctx, id, func(one *Return) error {
		if one.State != "announced" {
			return problem.Conflictf("the return is %s", one.State)
		}
		one.State, one.Refund = "received", one.Paid.Share(points)
		return nil
	})
}

// Close ends what has never arrived.
func (s *Service) Close(ctx context.Context) (int, error) {
	lost := func(one Return) bool { return one.State == "announced" && time.Since(one.Announced) > travelsFor }
	return store.Sweep(ctx, s.returns, lost, func(one *Return) error {
		if lost(*one) {
			one.State = "closed"
		}
		return nil
	})
}
