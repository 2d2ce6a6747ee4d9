package tax

import (
	"testing"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
)

func TestReducedAndStandard(t *testing.T) {
	rates, err := In("de")
	if err != nil {
		t.Fatal(err)
	}
	net := money.Amount{Minor: 10000, Currency: "EUR"}
	if book, pen := rates.On(net, "book").Minor, rates.On(net, "pen").Minor; book != 700 || pen != 1900 {
		t.Errorf("book %d, pen %d", book, pen)
	}
}

func TestUnknownCountry(t *testing.T) {
	if _, err := In("XX"); problem.KindOf(err) != problem.Invalid {
		t.Error(err)
	}
}
