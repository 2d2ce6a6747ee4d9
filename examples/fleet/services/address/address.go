// Package address checks postal addresses and brings them to one form.
package address

import (
	"context"
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

// version is counted up with the rules.
const version = 1

//go:embed countries.json
var countries []byte

var postcodes = patterns()

// Address is where a parcel goes. Checked is the version of the rules that it has passed, or nothing.
type Address struct {
	Street   string `json:"street"`
	Postcode string `json:"postcode"`
	City     string `json:"city"`
	Country  string `json:"country"`
	Checked  int    `json:"checked,omitempty"`
}

// Service keeps addresses by customer.
type Service struct{ addresses store.Collection[Address] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Address](db, "addresses")} }

// Check is the address in its usual form, or what is wrong with it.
func Check(one Address) (Address, error) {
	one.Street, one.City = strings.TrimSpace(one.Street), strings.TrimSpace(one.City)
	one.Postcode, one.Country = strings.ToUpper(strings.TrimSpace(one.Postcode)), strings.ToUpper(one.Country)
	pattern, known := postcodes[one.Country]
	switch {
	case !known:
		return Address{}, problem.Invalidf("nothing is sent to %q", one.Country)
	case !pattern.MatchString(one.Postcode):
		return Address{}, problem.Invalidf("%q is no postcode of %s", one.Postcode, one.Country)
	case one.Street == "" || one.City == "":
		return Address{}, problem.Invalidf("an address has a street and a city")
	}
	one.Checked = version
	return one, nil
}

// Put keeps the address of a customer.
func (s *Service) Put(ctx context.Context, customer string, one Address) (Address, error) {
	checked, err := Check(one)
	if err != nil {
		return Address{}, err
	}
	return checked, s.addresses.Put(ctx, customer, checked)
}

// Get is the address of a customer.
func (s *Service) Get(ctx context.Context, customer string) (Address, error) {
	return s.addresses.Get(ctx, customer)
}

// Recheck looks again at what older rules have passed; what is wrong now is marked as never checked.
func (s *Service) Recheck(ctx context.Context) (int, error) {
	old := func(one Address) bool { return one.Checked > 0 && one.Checked < version }
	return store.Sweep(ctx, s.addresses, old, func(one *Address) error {
		checked, err := Check(*one)
		if err != nil {
			one.Checked = 0
			return nil
		}
		*one = checked
		return nil
	})
}

func patterns() map[string]*regexp.Regexp {
	var texts map[string]string
	if err := json.Unmarshal(countries, &texts); err != nil {
		panic(err) // the file is part of the program
	}
	found := map[string]*regexp.Regexp{}
	for country, text := range texts {
		found[country] = regexp.MustCompile("^(?:" + text + ")$")
	}
	return found
}
