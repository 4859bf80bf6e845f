package enginetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// A game is an engine or several on one store, with the model beside them.
type game struct {
	world *world
	model *model
	clock *clock
	// engines take turns. The first is on a store whose calls are looked at.
	engines []*engine.Engine
	turn    int
	hook    *wrapped
	// faults draws what becomes of the hook's next call; nil: nothing goes wrong.
	faults func(op string) fault

	count  int // of event IDs and requests
	sent   []sent
	moves  []command
	later  []engine.Document
	edited map[string]bool
	// log is the play so far, for people.
	log  []string
	puts *tally
}

// sent is an event that was sent, to be sent again.
type sent struct {
	event  task.Event
	finish bool
}

// tally counts how many puts a generator made that the engine refused.
type tally struct{ all, refused int }

// check fails a test whose generator draws too much that is refused.
func (c *tally) check(t *testing.T) {
	if c.all > 40 && c.refused*4 > c.all {
		t.Errorf("of %d puts %d were refused: the generator draws too much that is not valid", c.all, c.refused)
	}
}

func newEngine(t tb, st store.Store, c *clock) *engine.Engine {
	return engineOf(t, st, engine.Options{Now: c.read})
}

// aloneEngine is an engine whose calls do not share.
func aloneEngine(t tb, st store.Store, c *clock) *engine.Engine {
	return engineOf(t, st, engine.Options{Now: c.read, Alone: true})
}

func engineOf(t tb, st store.Store, opt engine.Options) *engine.Engine {
	eng, err := engine.New(st, opt)
	if err != nil {
		t.Fatalf("new engine: %v", err)
	}
	return eng
}

// newGame draws a catalog and puts its first documents.
func newGame(t *rapid.T, st store.Store, puts *tally, several bool) *game {
	g := &game{world: drawWorld(t, false), edited: map[string]bool{}, puts: puts}
	g.clock = &clock{now: g.world.start}
	g.model = newModel(g.world.start, g.world.words)
	g.hook = &wrapped{Store: st, next: allFine}
	first := newEngine
	if !several && coin(t, "alone") {
		first = aloneEngine
	}
	g.engines = []*engine.Engine{first(t, g.hook, g.clock)}
	if several {
		g.hook.limits = &store.Limits{Units: 2, Rows: 600, RowsPerUnit: 600}
		g.engines = append(g.engines, aloneEngine(t, st, g.clock), g.engines[0].With(st))
	}
	docs, later := g.world.documents()
	g.later = later
	if !g.put(t, docs...) {
		t.Skip("the catalog was refused")
	}
	return g
}

// engine is the engine whose turn it is.
func (g *game) engine() *engine.Engine {
	g.turn++
	return g.engines[g.turn%len(g.engines)]
}

// repeatMax is how often a command is repeated after errors. Fewer faults than that strike one command.
const repeatMax = 8

// note adds a line to the log.
func (g *game) note(format string, args ...any) {
	g.log = append(g.log, g.model.now.Format("2006-01-02 15:04:05.999999 ")+fmt.Sprintf(format, args...))
}

// fatal ends a play that went wrong, and tells it.
func (g *game) fatal(t tb, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\nThe play:\n%s", fmt.Sprintf(format, args...), strings.Join(g.log, "\n"))
}

// do runs a command, repeats it while it ends in an error that its input does not explain, and compares the answer.
func (g *game) do(t tb, c command) {
	t.Helper()
	g.note("%s", c.name)
	eng := g.engine()
	var got answer
	struck := g.attempt(t, c.name, func() error {
		got = c.run(t.Context(), eng)
		return got.broken()
	})
	g.compare(t, c, got, struck)
}

// attempt makes a call, and again while it fails and faults explain that. It says whether a fault struck.
func (g *game) attempt(t tb, name string, call func() error) bool {
	t.Helper()
	left := repeatMax / 2
	if g.faults != nil {
		g.hook.next = func(op string) fault {
			f := fine
			if left > 0 {
				f = g.faults(op)
			}
			if f != fine {
				left--
			}
			return f
		}
		defer func() { g.hook.next = allFine }()
	}
	for n := 1; ; n++ {
		err := call()
		if err == nil {
			return left < repeatMax/2
		}
		if n == repeatMax || g.faults == nil {
			g.fatal(t, "%s: %v", name, err)
		}
	}
}

// compare wants an answer to be the model's, for some order of the users where it is a batch's.
func (g *game) compare(t tb, c command, got answer, struck bool) {
	t.Helper()
	first := ""
	for _, order := range orders(c.users) {
		m := g.model.clone()
		m.batchOrder = order
		want := c.mirror(m)
		d := ""
		if struck {
			d = got.either(want, c.mirror(m))
		} else {
			d = cmp.Diff(want, got, options())
		}
		if d == "" {
			g.model.people = m.people
			return
		}
		if first == "" {
			first = d
		}
	}
	g.fatal(t, "answer to %s (-model +engine):\n%s", c.name, first)
}

// put puts documents, and reports whether they were taken.
func (g *game) put(t tb, docs ...engine.Document) bool {
	t.Helper()
	g.puts.all++
	for _, d := range docs {
		g.note("put %s", show(d))
	}
	revision, ok := g.config(t, func(eng *engine.Engine) error {
		var err error
		if g.turn%4 == 0 {
			_, err = eng.PutJSON(t.Context(), engine.By{Actor: "op"}, inJSON(t, docs))
		} else {
			_, err = eng.Put(t.Context(), engine.By{Actor: "op"}, docs...)
		}
		return err
	})
	if !ok {
		g.puts.refused++
		return false
	}
	g.model.put(revision, docs...)
	return true
}

// inJSON is documents as PutJSON takes them.
func inJSON(t tb, docs []engine.Document) io.Reader {
	t.Helper()
	body := map[string]any{}
	list := func(name string, d engine.Document) {
		all, _ := body[name].([]any)
		body[name] = append(all, d)
	}
	for _, doc := range docs {
		switch doc.(type) {
		case rule.Calendar:
			body["calendar"] = doc
		case ledger.Asset:
			list("assets", doc)
		case task.Config:
			list("tasks", doc)
		case reward.Group:
			list("reward_groups", doc)
		case reward.Config:
			list("rewards", doc)
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("documents in JSON: %v", err)
	}
	return bytes.NewReader(b)
}

// config runs a call that changes the catalog, and gives the revision it led to. ok is false where it was refused.
func (g *game) config(t tb, call func(*engine.Engine) error) (revision int64, ok bool) {
	t.Helper()
	eng := g.engine()
	var refused error
	g.attempt(t, "config", func() error {
		err := call(eng)
		if err != nil && sentinel(err) != "broken: "+err.Error() {
			refused, err = err, nil
		}
		return err
	})
	if refused != nil {
		g.note("refused: %v", refused)
		return 0, false
	}
	catalog, err := eng.Catalog(t.Context())
	if err != nil {
		t.Fatalf("catalog: %v", err)
	}
	return catalog.Revision(), true
}

// pause turns a reward's switch.
func (g *game) pause(t tb, code string, policy reward.Policy) {
	t.Helper()
	g.note("pause %s with %q", code, policy)
	revision, ok := g.config(t, func(eng *engine.Engine) error {
		if policy == "" {
			return eng.Resume(t.Context(), engine.By{Actor: "op"}, code)
		}
		return eng.Pause(t.Context(), engine.By{Actor: "op"}, code, policy)
	})
	if !ok {
		g.fatal(t, "pause %s with %q was refused", code, policy)
	}
	g.model.pauseTo(revision, code, policy)
}
