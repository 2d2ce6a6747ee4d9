package config

import (
	"strings"
	"testing"
	"time"
)

func settings(variables map[string]string) *Settings {
	return From(func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	})
}

func TestTellsEverythingAtOnce(t *testing.T) {
	s := settings(map[string]string{"PORT": "http", "GRACE": "-1s", "EMPTY": ""})
	if s.Int("PORT", 8080) != 8080 || s.Duration("GRACE", time.Second) != time.Second || s.Required("EMPTY", "why") != "" {
		t.Error("a wrong value was used")
	}
	for _, word := range []string{`PORT is "http"`, `GRACE is "-1s"`, "EMPTY is not set: why"} {
		if !strings.Contains(s.Err().Error(), word) {
			t.Errorf("%v does not tell of %s", s.Err(), word)
		}
	}
}

func TestGoodValues(t *testing.T) {
	s := settings(map[string]string{"PORT": "9090", "GRACE": "2m"})
	if s.Int("PORT", 1) != 9090 || s.Duration("GRACE", 0) != 2*time.Minute || s.String("NAME", "x") != "x" || s.Err() != nil {
		t.Error(s.Err())
	}
}
