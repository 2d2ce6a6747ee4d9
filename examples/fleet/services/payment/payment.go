// Package payment holds money on cards, then takes it. Of a card it keeps the last four digits.
package payment

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const heldFor = 7 * 24 * time.Hour

// Authorisation is money of one order: `held`, `captured` or `void`.
type Authorisation struct {
	Order      string
	State      string
	LastDigits string
	Amount     money.Amount
	Since      time.Time
}

// Service keeps authorisations by order.
type Service struct {
	authorisations store.Collection[Authorisation]
}

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service {
	return &Service{store.Open[Authorisation](db, "authorisations")}
}

// Authorise holds money for an order, once however often it is asked for.
func (s *Service) Authorise(ctx context.Context, order, card string, amount money.Amount) (Authorisation, error) {
	if order == "" || amount.Minor < 1 || len(amount.Currency) != 3 {
		return Authorisation{}, problem.Invalidf("an authorisation has an order, and an amount of a currency")
	}
	if !valid(card) {
		return Authorisation{}, problem.Invalidf("the card's number is wrong")
	}
	one := Authorisation{order, "held", card[len(card)-4:], amount, time.Now()}
	err := s.authorisations.Add(ctx, order, one)
	if problem.KindOf(err) != problem.Conflict {
		return one, err
	}
	known, err := s.authorisations.Get(ctx, order)
	if err == nil && known.Amount != amount {
		err = problem.Conflictf("%s are held for the order already", known.Amount)
	}
	return known, err
}

// Capture takes the money of an order.
func (s *Service) Capture(ctx context.Context, order string) (Authorisation, error) {
	return s.authorisations.Change(ctx, order, func(one *Authorisation) error {
		if one.State == "void" {
			return problem.Conflictf("the money is not held any more")
		}
		one.State = "captured"
		return nil
	})
}

// Void gives back what was held for long.
func (s *Service) Void(ctx context.Context) (int, error) {
	due := func(one Authorisation) bool { return one.State == "held" && time.Since(one.Since) > heldFor }
	return store.Sweep(ctx, s.authorisations, due, func(one *Authorisation) error {
		if due(*one) {
			one.State = "void"
		}
		return nil
	})
}

// valid checks a card's number by its last digit (ISO/IEC 7812-1, annex B).
func valid(card string) bool {
	sum := 0
	for place := range len(card) {
		digit := int(card[len(card)-1-place] - '0')
		if digit < 0 || digit > 9 {
			return false
		}
		if place%2 == 1 {
			if digit *= 2; digit > 9 {
				digit -= 9
			}
		}
		sum += digit
	}
	return len(card) >= 12 && len(card) <= 19 && sum%10 == 0
}
