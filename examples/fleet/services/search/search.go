// Package search finds documents by their words: rare words count more, and so do short documents.
package search

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgxpool"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/store"
)

// analyser is counted up when words are taken from texts in another way.
const analyser = 2

const mostHits = 20

// Document is a text with the words that an analyser has found in it.
type Document struct {
	Text     string         `json:"text"`
	Words    map[string]int `json:"words,omitempty"`
	Analyser int            `json:"analyser,omitempty"`
}

// Hit is a document that was found, and how well it fits.
type Hit struct {
	ID    string  `json:"id"`
	Text  string  `json:"text"`
	Score float64 `json:"score"`
}

// Service keeps documents by id.
type Service struct{ documents store.Collection[Document] }

// New is the service on a database, or in memory.
func New(db *pgxpool.Pool) *Service { return &Service{store.Open[Document](db, "documents")} }

// Put keeps a text under an id.
func (s *Service) Put(ctx context.Context, id, text string) (Document, error) {
	document := Document{text, words(text), analyser}
	if len(document.Words) == 0 {
		return Document{}, problem.Invalidf("there is no word in the text")
	}
	return document, s.documents.Put(ctx, id, document)
}

// Find is what has any of the words of the question, the best first.
func (s *Service) Find(ctx context.Context, question string) ([]Hit, error) {
	asked := words(question)
	if len(asked) == 0 {
		return nil, problem.Invalidf("there is no word in the question")
	}
	all, err := s.documents.All(ctx)
	weights := rarity(all, asked)
	hits := []Hit{}
	for id, document := range all {
		score := 0.0
		for word := range asked {
			score += float64(document.Words[word]) * weights[word]
		}
		if score > 0 {
			hits = append(hits, Hit{id, document.Text, score / math.Sqrt(float64(len(document.Words)))})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) })
	return hits[:min(len(hits), mostHits)], err
}

// Reindex analyses what an older analyser has seen.
func (s *Service) Reindex(ctx context.Context) (int, error) {
	old := func(one Document) bool { return one.Analyser != analyser }
	return store.Sweep(ctx, s.documents, old, func(one *Document) error {
		one.Words, one.Analyser = words(one.Text), analyser
		return nil
	})
}

// rarity is the inverse document frequency of each word.
func rarity(all map[string]Document, asked map[string]int) map[string]float64 {
	weights := map[string]float64{}
	for word := range asked {
		with := 0
		for _, document := range all {
			if document.Words[word] > 0 {
				with++
			}
		}
		weights[word] = math.Log(1 + float64(len(all))/float64(1+with))
	}
	return weights
}

func words(text string) map[string]int {
	found := map[string]int{}
	for word := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		found[strings.TrimSuffix(word, "s")]++
	}
	delete(found, "")
	return found
}
