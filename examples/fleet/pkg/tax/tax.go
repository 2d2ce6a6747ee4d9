// Package tax knows the value added tax of the countries that the platform sells to.
package tax

import (
	"strings"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
)

// Rates of one country, in basis points.
type Rates struct {
	Standard int64 `json:"standard"`
	Reduced  int64 `json:"reduced"`
}

var countries = map[string]Rates{
	"AT": {2000, 1000}, "BE": {2100, 600}, "DE": {1900, 700}, "DK": {2500, 2500}, "FR": {2000, 550},
	"IT": {2200, 1000}, "NL": {2100, 900}, "PL": {2300, 800}, "SE": {2500, 1200},
}

// In tells the rates of a country by its ISO 3166 code.
func In(country string) (Rates, error) {
	rates, known := countries[strings.ToUpper(country)]
	if !known {
		return Rates{}, problem.Invalidf("no tax is known for country %q", country)
	}
	return rates, nil
}

// On is the tax to add to a net amount; books and food are reduced.
func (r Rates) On(net money.Amount, category string) money.Amount {
	if category == "book" || category == "food" {
		return net.Share(r.Reduced)
	}
	return net.Share(r.Standard)
}
