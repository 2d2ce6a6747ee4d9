// Package config reads settings from the environment and tells all that is wrong with them at once.
package config

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Settings reads variables and collects what is wrong with them.
type Settings struct {
	lookup   func(string) (string, bool)
	problems []error
}

// FromEnvironment reads the variables of this process.
func FromEnvironment() *Settings { return From(os.LookupEnv) }

// From reads variables from anything that looks them up.
func From(lookup func(string) (string, bool)) *Settings { return &Settings{lookup: lookup} }

// String is a variable, or the fallback where it is not set or empty.
func (s *Settings) String(name, fallback string) string {
	if value, _ := s.lookup(name); value != "" {
		return value
	}
	return fallback
}

// Required is a variable that must be set; why says to what end.
func (s *Settings) Required(name, why string) string {
	value := s.String(name, "")
	if value == "" {
		s.problems = append(s.problems, fmt.Errorf("%s is not set: %s", name, why))
	}
	return value
}

// Int is a whole number above zero.
func (s *Settings) Int(name string, fallback int) int {
	return parsed(s, name, fallback, "a whole number above zero", func(text string) (int, bool) {
		number, err := strconv.Atoi(text)
		return number, err == nil && number > 0
	})
}

// Duration is a time like 30s or 1h30m.
func (s *Settings) Duration(name string, fallback time.Duration) time.Duration {
	return parsed(s, name, fallback, "a duration such as 30s", func(text string) (time.Duration, bool) {
		duration, err := time.ParseDuration(text)
		return duration, err == nil && duration > 0
	})
}

// Err is everything that was wrong so far, or nothing.
func (s *Settings) Err() error { return errors.Join(s.problems...) }

func parsed[T any](s *Settings, name string, fallback T, kind string, parse func(string) (T, bool)) T {
	text := s.String(name, "")
	if text == "" {
		return fallback
	}
	value, good := parse(text)
	if !good {
		s.problems = append(s.problems, fmt.Errorf("%s is %q: it must be %s", name, text, kind))
		return fallback
	}
	return value
}
