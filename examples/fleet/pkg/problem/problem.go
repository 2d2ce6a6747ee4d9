// Package problem tells apart what is wrong with a request from what is wrong with the service.
//
// Domain code returns problems; each transport maps their kinds to its own answers.
package problem

import (
	"errors"
	"fmt"
)

// Kind is what the caller can do about a problem.
type Kind int

const (
	// Internal is nothing that the caller can do anything about, and the kind of every other error.
	Internal Kind = iota
	// Invalid: the request makes no sense and never will.
	Invalid
	// Missing: what the request is about does not exist.
	Missing
	// Conflict: the request makes sense, but not in the present state.
	Conflict
	// Refused: the caller may not do this, or did not prove who they are.
	Refused
)

// Error is a problem of a kind, told in words that the caller may see.
type Error struct {
	Kind Kind
	Text string
}

func (e *Error) Error() string { return e.Text }

// Invalidf makes a problem of a request that makes no sense.
func Invalidf(format string, args ...any) error { return &Error{Invalid, fmt.Sprintf(format, args...)} }

// Missingf makes a problem of something that does not exist.
func Missingf(format string, args ...any) error { return &Error{Missing, fmt.Sprintf(format, args...)} }

// Conflictf makes a problem with the present state.
func Conflictf(format string, args ...any) error {
	return &Error{Conflict, fmt.Sprintf(format, args...)}
}

// Refusedf makes a problem of who asks.
func Refusedf(format string, args ...any) error { return &Error{Refused, fmt.Sprintf(format, args...)} }

// KindOf is the kind of an error, wrapped or not.
func KindOf(err error) Kind {
	var found *Error
	if errors.As(err, &found) {
		return found.Kind
	}
	return Internal
}
