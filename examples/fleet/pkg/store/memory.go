package store

import (
	"context"
	"maps"
	"sync"

	"orders.example/fleet/pkg/problem"
)

type memory[T any] struct {
	lock      sync.Mutex
	documents map[string]T
}

func (m *memory[T]) Get(_ context.Context, id string) (T, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return m.find(id)
}

func (m *memory[T]) Add(_ context.Context, id string, document T) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	if _, there := m.documents[id]; there {
		return problem.Conflictf("%s is already there", id)
	}
	m.documents[id] = document
	return nil
}

func (m *memory[T]) Put(_ context.Context, id string, document T) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.documents[id] = document
	return nil
}

func (m *memory[T]) Change(_ context.Context, id string, edit func(*T) error) (T, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	document, err := m.find(id)
	if err == nil {
		err = edit(&document)
	}
	if err == nil {
		m.documents[id] = document
	}
	return document, err
}

func (m *memory[T]) Delete(_ context.Context, id string) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	delete(m.documents, id)
	return nil
}

func (m *memory[T]) All(context.Context) (map[string]T, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	return maps.Clone(m.documents), nil
}

func (m *memory[T]) find(id string) (T, error) {
	document, there := m.documents[id]
	if !there {
		return document, problem.Missingf("there is no %s", id)
	}
	return document, nil
}
