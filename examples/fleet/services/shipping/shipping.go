// Package shipping tells what it costs to send a parcel, and books it.
package shipping

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/money"
	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const heaviest = 31_500 // grams, what one person may lift

var (
	domestic = "DE"
	near     = []string{"AT", "BE", "DK", "FR", "NL", "PL"}
)

// Parcel is what is sent: its weight in grams, its sides in millimetres.
type Parcel struct {
	Country string   `json:"country"`
	Grams   int64    `json:"grams"`
	Sides   [3]int64 `json:"sides"`
}

// Offer is one way to send a parcel.
type Offer struct {
	Service string       `json:"service"`
	Days    int          `json:"days"`
	Price   money.Amount `json:"price"`
}

// Shipment is a parcel on its way.
type Shipment struct {
	Parcel Parcel `json:"parcel"`
	Offer  Offer  `json:"offer"`
	State  string `json:"state"`
}

// Service keeps shipments by order.
type Service struct{ shipments store.Collection[Shipment] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Shipment](db, "shipments")} }

// Offers are the ways to send a parcel, the cheapest first. Large ones count as if they were heavy.
func Offers(parcel Parcel) ([]Offer, error) {
	volume := parcel.Sides[0] * parcel.Sides[1] * parcel.Sides[2]
	grams := max(parcel.Grams, volume/5000) // carriers count 5000 cubic centimetres as a kilogram
	if parcel.Grams < 1 || volume < 1 || grams > heaviest {
		return nil, problem.Invalidf("a parcel weighs 1 to %d g, or what its volume counts for", heaviest)
	}
	base, days := int64(1290), 6
	switch {
	case parcel.Country == domestic:
		base, days = 390, 2
	case slices.Contains(near, parcel.Country):
		base, days = 790, 4
	}
	price := money.Amount{Minor: base + (grams+999)/1000*60, Currency: "EUR"}
	return []Offer{{"standard", days, price}, {"express", 1, price.Times(3)}}, nil
}

// Book sends a parcel for an order.
func (s *Service) Book(ctx context.Context, order, service string, parcel Parcel) (Shipment, error) {
	offers, err := Offers(parcel)
	if err != nil {
		return Shipment{}, err
	}
	chosen := slices.IndexFunc(offers, func(one Offer) bool { return one.Service == service })
	if chosen < 0 {
		return Shipment{}, problem.Invalidf("there is no service %q", service)
	}
	shipment := Shipment{parcel, offers[chosen], "booked"}
	return shipment, s.shipments.Add(ctx, order, shipment)
}

// Get is the shipment of an order.
func (s *Service) Get(ctx context.Context, order string) (Shipment, error) {
	return s.shipments.Get(ctx, order)
}

// HandOver gives all that is booked to the carrier.
func (s *Service) HandOver(ctx context.Context) (int, error) {
	booked := func(one Shipment) bool { return one.State == "booked" }
	return store.Sweep(ctx, s.shipments, booked, func(one *Shipment) error { one.State = "collected"; return nil })
}
