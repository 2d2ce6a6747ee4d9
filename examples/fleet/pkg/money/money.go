// Package money counts in the smallest unit of a currency, never in floating point.
package money

import (
	"fmt"

	"orders.example/fleet/pkg/problem"
)

// Amount is a sum of money: 1999 EUR are 19.99 euros.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Sum adds amounts of one currency.
func Sum(first Amount, more ...Amount) (Amount, error) {
	for _, one := range more {
		if one.Currency != first.Currency {
			return Amount{}, problem.Invalidf("cannot add %s to %s", one.Currency, first.Currency)
		}
		first.Minor += one.Minor
	}
	return first, nil
}

// Times is the amount n times.
func (a Amount) Times(n int64) Amount { return Amount{a.Minor * n, a.Currency} }

// Minus takes away what is of the same currency by construction.
func (a Amount) Minus(minor int64) Amount { return Amount{a.Minor - minor, a.Currency} }

// Share is a part of the amount in basis points (1900 is 19 %), halves rounded away from zero.
func (a Amount) Share(basisPoints int64) Amount {
	product, half := a.Minor*basisPoints, int64(5000)
	if product < 0 {
		half = -half
	}
	return Amount{(product + half) / 10000, a.Currency}
}

// Split divides the amount into n parts that differ by one unit at most and add up to it.
func (a Amount) Split(n int64) []Amount {
	parts := make([]Amount, n)
	for i := range parts {
		parts[i] = Amount{a.Minor / n, a.Currency}
		if int64(i) < a.Minor%n {
			parts[i].Minor++
		}
	}
	return parts
}

func (a Amount) String() string {
	sign, minor := "", a.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, minor/100, minor%100, a.Currency)
}
