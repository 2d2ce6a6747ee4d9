// Package pricing says what a basket costs: the one place that knows about volume rebates and discount codes.
package pricing

import (
	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
)

const (
	volumeQuantity = 10
	volumeRebate   = 500 // basis points
)

// Line is a number of one product at its price each.
type Line struct {
	SKU      string       `json:"sku"`
	Quantity int64        `json:"quantity"`
	Unit     money.Amount `json:"unit"`
}

// Discount takes a share off baskets that are worth a minimum.
type Discount struct {
	Code        string `json:"code"`
	BasisPoints int64  `json:"basis_points"`
	Minimum     int64  `json:"minimum"`
}

// Quote is what a basket costs, and which discount made it so.
type Quote struct {
	Subtotal money.Amount `json:"subtotal"`
	Rebate   money.Amount `json:"rebate"`
	Total    money.Amount `json:"total"`
	Code     string       `json:"code,omitempty"`
}

// Price adds up a basket. Of several discounts the best one counts, alone, and after the rebate for volume.
func Price(lines []Line, discounts ...Discount) (Quote, error) {
	if len(lines) == 0 {
		return Quote{}, problem.Invalidf("the basket is empty")
	}
	var subtotal, rebate int64
	currency := lines[0].Unit.Currency
	for _, line := range lines {
		if line.Quantity < 1 || line.Unit.Minor < 0 {
			return Quote{}, problem.Invalidf("%s: quantity %d at %s", line.SKU, line.Quantity, line.Unit)
		}
		if line.Unit.Currency != currency {
			return Quote{}, problem.Invalidf("%s is priced in %s, not in %s", line.SKU, line.Unit.Currency, currency)
		}
		cost := line.Unit.Times(line.Quantity)
		subtotal += cost.Minor
		if line.Quantity >= volumeQuantity {
			rebate += cost.Share(volumeRebate).Minor
		}
	}
	best := Discount{}
	for _, one := range discounts {
		if subtotal >= one.Minimum && one.BasisPoints > best.BasisPoints {
			best = one
		}
	}
	whole := money.Amount{Minor: subtotal, Currency: currency}
	rebate += whole.Minus(rebate).Share(best.BasisPoints).Minor
	return Quote{whole, money.Amount{Minor: rebate, Currency: currency}, whole.Minus(rebate), best.Code}, nil
}
