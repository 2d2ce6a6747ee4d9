package payment

import (
	"testing"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
)

func TestCardNumbers(t *testing.T) {
	for card, want := range map[string]bool{"4242424242424242": true, "4242424242424241": false, "42": false, "4242 4242": false, "": false} {
		if valid(card) != want {
			t.Errorf("%q", card)
		}
	}
}

func TestHeldOnceTakenOnce(t *testing.T) {
	s, ctx := New(nil), t.Context()
	amount := money.Amount{Minor: 1999, Currency: "EUR"}
	for range 2 {
		one, err := s.Authorise(ctx, "order", "4242424242424242", amount)
		if err != nil || one.State != "held" || one.LastDigits != "4242" {
			t.Errorf("%+v, %v", one, err)
		}
	}
	if _, err := s.Authorise(ctx, "order", "4242424242424242", amount.Times(2)); problem.KindOf(err) != problem.Conflict {
		t.Error(err)
	}
	if one, err := s.Capture(ctx, "order"); err != nil || one.State != "captured" {
		t.Errorf("%+v, %v", one, err)
	}
}
