package inventory

import (
	"testing"
	"time"

	"orders.example/fleet/pkg/problem"
)

func TestReservations(t *testing.T) {
	s, ctx := New(nil), t.Context()
	if _, err := s.Set(ctx, "PEN", 5); err != nil {
		t.Fatal(err)
	}
	if item, err := s.Reserve(ctx, "PEN", "one", 3); err != nil || item.Available() != 2 {
		t.Errorf("%+v, %v", item, err)
	}
	if _, err := s.Reserve(ctx, "PEN", "two", 3); problem.KindOf(err) != problem.Conflict {
		t.Errorf("sold twice: %v", err)
	}
	if item, err := s.Reserve(ctx, "PEN", "one", 5); err != nil || item.Available() != 0 {
		t.Errorf("an order cannot have more: %+v, %v", item, err)
	}
	if _, err := s.Reserve(ctx, "PEN", "one", 6); problem.KindOf(err) != problem.Conflict {
		t.Errorf("sold what is not there: %v", err)
	}
	if item, err := s.Get(ctx, "PEN"); err != nil || item.Reserved() != 5 {
		t.Errorf("a failure changed what is held: %+v, %v", item, err)
	}
}

func TestReleaseOld(t *testing.T) {
	s, ctx := New(nil), t.Context()
	held := map[string]Hold{"old": {1, time.Now().Add(-2 * heldFor)}, "new": {1, time.Now()}}
	if err := s.items.Put(ctx, "PEN", Item{"PEN", 2, held}); err != nil {
		t.Fatal(err)
	}
	if swept, err := s.ReleaseOld(ctx); swept != 1 || err != nil {
		t.Errorf("%d, %v", swept, err)
	}
	if item, _ := s.Get(ctx, "PEN"); item.Available() != 1 {
		t.Errorf("%+v", item)
	}
}
