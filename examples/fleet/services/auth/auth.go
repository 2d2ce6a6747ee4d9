// Package auth knows who somebody is.
package auth

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

const (
	lifetime        = 12 * time.Hour
	rounds          = 210_000 // https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
	shortestAllowed = 12
)

// Credentials are what somebody proves to be themselves with.
type Credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// Session is somebody at work, until it ends.
type Session struct {
	Token string    `json:"token"`
	Email string    `json:"email"`
	Ends  time.Time `json:"ends"`
}

type account struct {
	Salt, Hash []byte
}

// Service keeps accounts by email, and sessions by token.
type Service struct {
	accounts store.Collection[account]
	sessions store.Collection[Session]
}

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service {
	return &Service{store.Open[account](db, "accounts"), store.Open[Session](db, "sessions")}
}

// Register makes an account.
func (s *Service) Register(ctx context.Context, who Credentials) error {
	if !strings.Contains(who.Email, "@") || len(who.Password) < shortestAllowed {
		return problem.Invalidf("an email address and a password of %d characters or more are needed", shortestAllowed)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	hash, err := hashed(who.Password, salt)
	if err != nil {
		return err
	}
	return s.accounts.Add(ctx, strings.ToLower(who.Email), account{salt, hash})
}

// Begin is a new session. Who asks cannot learn whether it was the email or the password that was wrong, nor by time.
func (s *Service) Begin(ctx context.Context, who Credentials) (Session, error) {
	email := strings.ToLower(who.Email)
	known, missing := s.accounts.Get(ctx, email)
	if problem.KindOf(missing) == problem.Internal && missing != nil {
		return Session{}, missing
	}
	hash, err := hashed(who.Password, known.Salt)
	if err != nil {
		return Session{}, err
	}
	if missing != nil || subtle.ConstantTimeCompare(hash, known.Hash) != 1 {
		return Session{}, problem.Refusedf("the email or the password is wrong")
	}
	session := Session{rand.Text(), email, time.Now().Add(lifetime)}
	return session, s.sessions.Add(ctx, session.Token, session)
}

// Check is the session of a token, while it lasts.
func (s *Service) Check(ctx context.Context, token string) (Session, error) {
	session, err := s.sessions.Get(ctx, token)
	if problem.KindOf(err) == problem.Missing || err == nil && time.Now().After(session.Ends) {
		return Session{}, problem.Refusedf("there is no such session")
	}
	return session, err
}

// PurgeSessions forgets what has ended.
func (s *Service) PurgeSessions(ctx context.Context) (int, error) {
	return store.Purge(ctx, s.sessions, func(one Session) bool { return time.Now().After(one.Ends) })
}

func hashed(password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
}
