package money

import (
	"testing"

	"orders.example/fleet/pkg/problem"
)

func TestSumNeedsOneCurrency(t *testing.T) {
	if sum, err := Sum(Amount{1, "EUR"}, Amount{2, "EUR"}); err != nil || sum != (Amount{3, "EUR"}) {
		t.Errorf("sum %v, %v", sum, err)
	}
	if _, err := Sum(Amount{1, "EUR"}, Amount{2, "SEK"}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("added two currencies: %v", err)
	}
}

func TestShareRoundsHalvesAwayFromZero(t *testing.T) {
	for minor, want := range map[int64]int64{50: 3, 49: 2, -50: -3, -49: -2, 0: 0} {
		if got := (Amount{minor, "EUR"}).Share(500).Minor; got != want {
			t.Errorf("5 %% of %d is %d, not %d", minor, got, want)
		}
	}
}

func TestSplitLosesNothing(t *testing.T) {
	parts := Amount{1000, "EUR"}.Split(3)
	if sum, _ := Sum(parts[0], parts[1:]...); sum.Minor != 1000 || parts[0].Minor-parts[2].Minor != 1 {
		t.Errorf("split into %v", parts)
	}
}

func TestString(t *testing.T) {
	if got := (Amount{-1205, "EUR"}).String(); got != "-12.05 EUR" {
		t.Error(got)
	}
}
