package order

import (
	"testing"
	"time"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/pricing"
	"orders.example/fleet/pkg/problem"
)

func place(t *testing.T, s *Service) Order {
	t.Helper()
	lines := []pricing.Line{{SKU: "PEN", Quantity: 2, Unit: money.Amount{Minor: 150, Currency: "EUR"}}}
	order, err := s.Place(t.Context(), Request{Customer: "ada", Lines: lines})
	if err != nil || order.Quote.Total.Minor != 300 || order.State != "placed" {
		t.Fatalf("%+v, %v", order, err)
	}
	return order
}

func TestStates(t *testing.T) {
	s := New(nil)
	id := place(t, s).ID
	for _, step := range []struct {
		event, state string
		kind         problem.Kind
	}{
		{"ship", "", problem.Conflict}, {"fly", "", problem.Invalid}, {"pay", "paid", 0}, {"cancel", "refunding", 0},
		{"refund", "cancelled", 0}, {"pay", "", problem.Conflict},
	} {
		order, err := s.Tell(t.Context(), id, step.event)
		if problem.KindOf(err) != step.kind || err == nil && order.State != step.state {
			t.Errorf("%s: %s, %v", step.event, order.State, err)
		}
	}
}

func TestOnlyWhatIsLateIsCancelled(t *testing.T) {
	s := New(nil)
	late, fresh := place(t, s), place(t, s)
	late.Placed = time.Now().Add(-2 * unpaidFor)
	if err := s.orders.Put(t.Context(), late.ID, late); err != nil {
		t.Fatal(err)
	}
	if cancelled, err := s.CancelUnpaid(t.Context()); cancelled != 1 || err != nil {
		t.Errorf("%d, %v", cancelled, err)
	}
	if order, _ := s.Get(t.Context(), fresh.ID); order.State != "placed" {
		t.Error(order.State)
	}
}
