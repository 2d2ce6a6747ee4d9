package cart_test

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"storefront.example/backend/internal/cart"
	"storefront.example/backend/internal/catalogue"
)

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func store(t *testing.T, limits cart.Limits) (*cart.Store, *clock) {
	t.Helper()
	products, err := catalogue.New([]catalogue.Product{
		{SKU: "cup", Name: "Cup", Price: 300},
		{SKU: "pan", Name: "Pan", Price: 5000},
	})
	if err != nil {
		t.Fatal(err)
	}
	hands := &clock{now: time.Unix(0, 0)}
	return cart.NewStore(products, limits, hands.Now), hands
}

var roomy = cart.Limits{Carts: 10, Lifetime: time.Hour}

func TestACartAddsUp(t *testing.T) {
	carts, _ := store(t, roomy)
	for _, order := range []struct {
		sku      string
		quantity int
	}{{"cup", 2}, {"pan", 1}, {"cup", 1}} {
		if _, err := carts.Add("a", order.sku, order.quantity); err != nil {
			t.Fatal(err)
		}
	}
	told := fmt.Sprint(carts.Get("a"))
	if want := "{[{cup Cup 300 3} {pan Pan 5000 1}] 5900}"; told != want {
		t.Fatalf("%s, not %s", told, want)
	}
	if other := carts.Get("b"); len(other.Lines) != 0 || other.Lines == nil {
		t.Fatalf("%+v", other)
	}
}

func TestWrongOrdersChangeNothing(t *testing.T) {
	carts, _ := store(t, roomy)
	if _, err := carts.Add("a", "cup", cart.MostOfOne); err != nil {
		t.Fatal(err)
	}
	for _, quantity := range []int{1, 0, -1, math.MaxInt, math.MinInt} {
		if _, err := carts.Add("a", "cup", quantity); !errors.Is(err, cart.ErrQuantity) {
			t.Errorf("%d more: %v", quantity, err)
		}
	}
	if _, err := carts.Add("a", "car", 1); !errors.Is(err, cart.ErrNoProduct) {
		t.Error(err)
	}
	if total := carts.Get("a").Total; total != 20*300 {
		t.Errorf("%d", total)
	}
}

func TestWhatWasShownStays(t *testing.T) {
	carts, _ := store(t, roomy)
	before, _ := carts.Add("a", "cup", 1)
	if _, err := carts.Add("a", "cup", 1); err != nil {
		t.Fatal(err)
	}
	if before.Lines[0].Quantity != 1 {
		t.Fatalf("%+v", before)
	}
}

func TestTheCartLongestUntouchedIsForgottenFirst(t *testing.T) {
	carts, _ := store(t, cart.Limits{Carts: 2, Lifetime: time.Hour})
	for _, id := range []string{"a", "b", "a", "c"} {
		if _, err := carts.Add(id, "cup", 1); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]int64{"a": 600, "b": 0, "c": 300} {
		if total := carts.Get(id).Total; total != want {
			t.Errorf("%s: %d, not %d", id, total, want)
		}
	}
}

func TestCartsGrowOld(t *testing.T) {
	carts, hands := store(t, roomy)
	if _, err := carts.Add("a", "cup", 1); err != nil {
		t.Fatal(err)
	}
	hands.now = hands.now.Add(time.Hour)
	if total := carts.Get("a").Total; total != 0 {
		t.Fatal(total)
	}
}

func TestManyVisitorsAtOnce(t *testing.T) {
	carts, _ := store(t, cart.Limits{Carts: 3, Lifetime: time.Hour})
	var all sync.WaitGroup
	for visitor := range 50 {
		all.Go(func() {
			id := fmt.Sprint(visitor % 5)
			_, _ = carts.Add(id, "cup", 1)
			carts.Get(id)
		})
	}
	all.Wait()
}
