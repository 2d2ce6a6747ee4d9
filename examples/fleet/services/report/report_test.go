package report

import (
	"testing"
	"time"

	"orders.example/fleet/pkg/money"
)

func TestADayEndsAtMidnightInItsZone(t *testing.T) {
	s, ctx := New(nil), t.Context()
	for order, at := range map[string]string{"a": "2026-02-03T22:59:00Z", "b": "2026-02-03T23:01:00Z", "c": "2026-02-04T12:00:00Z"} {
		when, err := time.Parse(time.RFC3339, at)
		if err == nil {
			_, err = s.Note(ctx, Sale{Order: order, Total: money.Amount{Minor: 100, Currency: "EUR"}, At: when})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{3, 0} {
		if counted, err := s.RollUp(ctx); counted != want || err != nil {
			t.Errorf("counted %d, %v", counted, err)
		}
	}
	if day, err := s.Day(ctx, "2026-02-04"); err != nil || day.Orders != 2 || day.Totals["EUR"] != 200 {
		t.Errorf("%+v, %v", day, err)
	}
}
