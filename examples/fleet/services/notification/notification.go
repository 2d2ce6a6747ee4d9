// Package notification writes messages to customers and sends them.
package notification

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/queue"
	"orders.example/fleet/pkg/store"
)

// Send is the kind of job that sends a message.
const Send = "send"

//go:embed texts/*.txt
var texts embed.FS

var blanks = regexp.MustCompile(`\{[a-z]+\}`)

// Request is a message that somebody wants to be sent: the name of its text, and what goes into the blanks.
type Request struct {
	To     string            `json:"to"`
	Text   string            `json:"text"`
	Blanks map[string]string `json:"blanks"`
}

// Message is written, and sent or not.
type Message struct {
	ID    string `json:"id"`
	To    string `json:"to"`
	Body  string `json:"body"`
	State string `json:"state"`
}

// Carrier brings a message to its reader.
type Carrier func(ctx context.Context, message Message) error

// Service keeps messages by id.
type Service struct {
	messages store.Collection[Message]
	db       *pgxpool.Pool
}

// New is the service on a database, or in memory, where nothing can be sent.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Message](db, "messages"), db} }

// Accept writes a message and lets a worker send it.
func (s *Service) Accept(ctx context.Context, request Request) (Message, error) {
	body, err := write(request.Text, request.Blanks)
	if err != nil {
		return Message{}, err
	}
	message := Message{rand.Text(), request.To, body, "accepted"}
	if err := s.messages.Add(ctx, message.ID, message); err != nil {
		return Message{}, err
	}
	return message, queue.Add(ctx, s.db, Send, message.ID, message.ID)
}

// Get is one message.
func (s *Service) Get(ctx context.Context, id string) (Message, error) {
	return s.messages.Get(ctx, id)
}

// Deliver is the job that sends one message.
func (s *Service) Deliver(carrier Carrier) queue.Job {
	return queue.Job{Kind: Send, Do: func(ctx context.Context, payload json.RawMessage) (int, error) {
		var id string
		if err := json.Unmarshal(payload, &id); err != nil {
			return 0, err
		}
		message, err := s.messages.Get(ctx, id)
		if err == nil {
			err = carrier(ctx, message)
		}
		if err != nil {
			return 0, err
		}
		_, err = s.messages.Change(ctx, id, func(one *Message) error { one.State = "sent"; return nil })
		return 1, err
	}}
}

// write fills in the blanks of a text; one that stays blank is a problem.
func write(name string, values map[string]string) (string, error) {
	text, err := texts.ReadFile("texts/" + name + ".txt")
	if err != nil {
		return "", problem.Invalidf("there is no text %q", name)
	}
	missing := []string{}
	body := blanks.ReplaceAllStringFunc(string(text), func(blank string) string {
		value, there := values[strings.Trim(blank, "{}")]
		if !there {
			missing = append(missing, blank)
		}
		return value
	})
	if len(missing) > 0 {
		return "", problem.Invalidf("the text %s needs %s", name, strings.Join(missing, ", "))
	}
	return body, nil
}
