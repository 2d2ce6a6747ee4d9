package search

import "testing"

func TestRareWordsCountMore(t *testing.T) {
	s, ctx := New(nil), t.Context()
	for id, text := range map[string]string{"1": "Blue pen", "2": "Red pens, a box", "3": "Blue ink for fountain pens"} {
		if _, err := s.Put(ctx, id, text); err != nil {
			t.Fatal(err)
		}
	}
	hits, err := s.Find(ctx, "INK pens")
	if err != nil || len(hits) != 3 || hits[0].ID != "3" || hits[1].ID != "1" {
		t.Errorf("%+v, %v", hits, err)
	}
}

func TestReindex(t *testing.T) {
	s, ctx := New(nil), t.Context()
	if err := s.documents.Put(ctx, "1", Document{Text: "Blue pen", Analyser: analyser - 1}); err != nil {
		t.Fatal(err)
	}
	if count, err := s.Reindex(ctx); count != 1 || err != nil {
		t.Errorf("%d, %v", count, err)
	}
	if hits, _ := s.Find(ctx, "blue"); len(hits) != 1 {
		t.Errorf("%+v", hits)
	}
}
