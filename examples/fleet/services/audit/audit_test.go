package audit

import (
	"testing"

	"orders.example/fleet/pkg/problem"
)

func TestAChangedEventBreaksTheChain(t *testing.T) {
	s, ctx := New(nil), t.Context()
	for range 3 {
		if _, err := s.Append(ctx, Event{Actor: "ada", Action: "ship", Object: "order"}); err != nil {
			t.Fatal(err)
		}
	}
	if links, err := s.Verify(ctx); links != 3 || err != nil {
		t.Errorf("%d, %v", links, err)
	}
	link, err := s.chain.Get(ctx, key(2))
	if err != nil {
		t.Fatal(err)
	}
	link.Event.Actor = "eve"
	if err := s.chain.Put(ctx, key(2), link); err != nil {
		t.Fatal(err)
	}
	if links, err := s.Verify(ctx); links != 1 || problem.KindOf(err) != problem.Conflict {
		t.Errorf("%d, %v", links, err)
	}
}
