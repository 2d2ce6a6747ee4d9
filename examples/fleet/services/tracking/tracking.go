// Package tracking tells where parcels are.
package tracking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const silentFor = 5 * 24 * time.Hour

// Event is a scan of a parcel somewhere. Carriers tell of them late and out of order.
type Event struct {
	At    time.Time `json:"at"`
	Place string    `json:"place"`
	Kind  string    `json:"kind"`
}

// Parcel is all that is known, the oldest event first.
type Parcel struct {
	Events  []Event `json:"events"`
	Stalled bool    `json:"stalled"`
}

// Service keeps parcels by number.
type Service struct{ parcels store.Collection[Parcel] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Parcel](db, "parcels")} }

// Note adds an event, once however often it is told.
func (s *Service) Note(ctx context.Context, id string, event Event) (Parcel, error) {
	if event.Kind == "" || event.At.IsZero() || time.Until(event.At) > time.Minute {
		return Parcel{}, problem.Invalidf("an event has a kind, and a time that is not to come")
	}
	if err := s.parcels.Add(ctx, id, Parcel{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return Parcel{}, err
	}
	return s.parcels.Change(ctx, id, func(one *Parcel) error {
		if same := func(old Event) bool { return old.At.Equal(event.At) && old.Kind == event.Kind }; slices.ContainsFunc(one.Events, same) {
			return nil
		}
		one.Events = append(slices.Clone(one.Events), event)
		slices.SortStableFunc(one.Events, func(a, b Event) int { return a.At.Compare(b.At) })
		one.Stalled = false
		return nil
	})
}

// Get is one parcel.
func (s *Service) Get(ctx context.Context, id string) (Parcel, error) { return s.parcels.Get(ctx, id) }

// MarkStalled finds parcels that were not delivered and that nobody has heard of for long.
func (s *Service) MarkStalled(ctx context.Context) (int, error) {
	return store.Sweep(ctx, s.parcels, silent, func(one *Parcel) error { one.Stalled = silent(*one); return nil })
}

func silent(one Parcel) bool {
	if one.Stalled || len(one.Events) == 0 {
		return false
	}
	last := one.Events[len(one.Events)-1]
	return last.Kind != "delivered" && time.Since(last.At) > silentFor
}
