package loyalty

import (
	"testing"
	"time"

	"orders.example/fleet/pkg/problem"
)

func TestTheOldestPointsAreSpentFirst(t *testing.T) {
	s, ctx := New(nil), t.Context()
	lots := []Lot{{50, time.Now().Add(-2 * validFor)}, {10, time.Now().Add(-validFor / 2)}, {20, time.Now()}}
	if err := s.ledgers.Put(ctx, "ada", Ledger{lots}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Spend(ctx, "ada", 31); problem.KindOf(err) != problem.Conflict {
		t.Errorf("spent what has expired: %v", err)
	}
	if balance, err := s.Spend(ctx, "ada", 15); balance != 15 || err != nil {
		t.Errorf("%d, %v", balance, err)
	}
	if left, _ := s.ledgers.Get(ctx, "ada"); len(left.Lots) != 1 || left.Lots[0].Points != 15 {
		t.Errorf("%+v", left)
	}
	if balance, err := s.Earn(ctx, "ada", 1999); balance != 34 || err != nil {
		t.Errorf("%d, %v", balance, err)
	}
}
