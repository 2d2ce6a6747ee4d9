// Package audit keeps what happened: each event is signed by a digest of itself and of all before it.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const head = "head"

// Event is what somebody did.
type Event struct {
	Actor  string    `json:"actor"`
	Action string    `json:"action"`
	Object string    `json:"object"`
	At     time.Time `json:"at,omitzero"`
}

// Link is an event in the chain.
type Link struct {
	Number int    `json:"number"`
	Event  Event  `json:"event"`
	Digest string `json:"digest"`
}

// Service keeps links by number, and the last one as the head, too.
type Service struct{ chain store.Collection[Link] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Link](db, "chain")} }

// Append puts an event at the end of the chain. Nobody else can meanwhile: the head is held.
func (s *Service) Append(ctx context.Context, event Event) (Link, error) {
	if event.Actor == "" || event.Action == "" {
		return Link{}, problem.Invalidf("an event has an actor and an action")
	}
	if err := s.chain.Add(ctx, head, Link{}); err != nil && problem.KindOf(err) != problem.Conflict {
		return Link{}, err
	}
	event.At = time.Now().UTC().Truncate(time.Microsecond)
	link, err := s.chain.Change(ctx, head, func(last *Link) error {
		*last = Link{last.Number + 1, event, digest(last.Digest, event)}
		return nil
	})
	if err != nil {
		return Link{}, err
	}
	return link, s.chain.Put(ctx, key(link.Number), link)
}

// Verify follows the chain from its first link, and tells how many there are or where it breaks.
func (s *Service) Verify(ctx context.Context) (int, error) {
	links, err := s.chain.All(ctx)
	if err != nil {
		return 0, err
	}
	before := ""
	last := links[head].Number
	for number := range last {
		link, there := links[key(number+1)]
		if !there || link.Digest != digest(before, link.Event) {
			return number, problem.Conflictf("the chain breaks at link %d of %d", number+1, last)
		}
		before = link.Digest
	}
	return last, nil
}

func digest(before string, event Event) string {
	text, err := json.Marshal(event)
	if err != nil {
		panic(err) // strings and a time
	}
	sum := sha256.Sum256(append([]byte(before), text...))
	return hex.EncodeToString(sum[:])
}

func key(number int) string { return fmt.Sprintf("%012d", number) }
