package auth

import (
	"testing"

	"orders.example/fleet/pkg/problem"
)

func TestSessions(t *testing.T) {
	s := New(nil)
	ada := Credentials{"Ada@example.org", "a long password"}
	if err := s.Register(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if err := s.Register(t.Context(), ada); problem.KindOf(err) != problem.Conflict {
		t.Errorf("twice: %v", err)
	}
	for _, who := range []Credentials{{ada.Email, "another password"}, {"eve@example.org", ada.Password}} {
		if _, err := s.Begin(t.Context(), who); problem.KindOf(err) != problem.Refused {
			t.Errorf("%s: %v", who.Email, err)
		}
	}
	session, err := s.Begin(t.Context(), Credentials{"ada@EXAMPLE.org", ada.Password})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := s.Check(t.Context(), session.Token); err != nil || found.Email != "ada@example.org" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.Check(t.Context(), "guess"); problem.KindOf(err) != problem.Refused {
		t.Error(err)
	}
}
