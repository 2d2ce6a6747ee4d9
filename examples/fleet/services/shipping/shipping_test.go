package shipping

import "testing"

func TestOffers(t *testing.T) {
	for name, one := range map[string]struct {
		parcel Parcel
		price  int64
	}{
		"small, at home":      {Parcel{"DE", 900, [3]int64{200, 100, 50}}, 450},
		"large, near":         {Parcel{"FR", 900, [3]int64{500, 400, 300}}, 790 + 12*60},
		"heavy, far":          {Parcel{"SE", 30_000, [3]int64{200, 200, 200}}, 1290 + 30*60},
		"more than one lifts": {Parcel{"DE", 32_000, [3]int64{200, 200, 200}}, 0},
		"without a size":      {Parcel{"DE", 900, [3]int64{}}, 0},
	} {
		offers, err := Offers(one.parcel)
		if (err != nil) != (one.price == 0) || err == nil && offers[0].Price.Minor != one.price {
			t.Errorf("%s: %+v, %v", name, offers, err)
		}
	}
}
