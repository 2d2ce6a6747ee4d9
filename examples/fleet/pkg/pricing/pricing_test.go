package pricing

import (
	"testing"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func TestVolumeThenTheBestDiscount(t *testing.T) {
	lines := []Line{{"pen", 10, eur(200)}, {"pad", 1, eur(1000)}}
	quote, err := Price(lines, Discount{"five", 500, 0}, Discount{"ten", 1000, 2000}, Discount{"half", 5000, 9000})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Quote{eur(3000), eur(390), eur(2610), "ten"}); quote != want {
		t.Errorf("%+v, not %+v", quote, want)
	}
}

func TestRefusesWhatHasNoPrice(t *testing.T) {
	for name, lines := range map[string][]Line{
		"empty":          nil,
		"no quantity":    {{"pen", 0, eur(200)}},
		"two currencies": {{"pen", 1, eur(200)}, {"pad", 1, money.Amount{Minor: 1, Currency: "SEK"}}},
	} {
		if _, err := Price(lines); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
