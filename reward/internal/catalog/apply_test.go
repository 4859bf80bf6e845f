package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

var epoch = time.Date(2025, 11, 4, 0, 0, 0, 0, time.UTC)

// shape is what decisions see of a catalog, as text.
func shape(c *Catalog) map[string][]string {
	m := map[string][]string{}
	for code, t := range c.Tasks {
		p := t.Plan
		lines := []string{fmt.Sprintf("meta %+v live %v born %d", t.Meta, t.Live(), p.Born)}
		for _, tr := range p.Tracks {
			lines = append(lines, fmt.Sprintf("track %s %x since %d born %d", tr.Task, tr.Key, tr.Since, tr.Born))
		}
		for _, d := range p.Derived {
			lines = append(lines, fmt.Sprintf("derived %s rev %d %s", d.Config.Code, d.Revision, leaves(d.Program)))
		}
		for _, r := range p.Rewards {
			lines = append(lines, fmt.Sprintf("reward %s rev %d paused %q cap %v excludes %v amount %s %s", r.Config.Code, r.Revision, r.Paused, r.Cap != nil, r.Excludes, r.Config.Amount, leaves(r.Program)))
		}
		for _, d := range p.Tallies {
			lines = append(lines, "tally "+d.Config.Code)
		}
		for _, d := range p.Records {
			lines = append(lines, "record "+d.Config.Code)
		}
		m[code] = append(lines, fmt.Sprintf("entitlements %q caps %v assets %q", p.Entitlements, p.Caps, p.Assets))
	}
	return m
}

func leaves(p *rule.Program) string {
	var b strings.Builder
	for _, l := range p.Leaves() {
		fmt.Fprintf(&b, "[%s %s %v %d", l.Path, l.Task.Code, l.Task.Window, l.Source)
		if l.Track != nil {
			fmt.Fprintf(&b, " %x/%d", l.Track.Key, l.Track.Born)
		}
		b.WriteString("]")
	}
	return b.String()
}

// store is the documents as a store would keep them.
type stored map[use]Stored

func (s stored) put(t interface{ Fatal(...any) }, revision int64, writes []Write) {
	for _, w := range writes {
		d, err := Decode(w.Kind, revision, w.Body)
		if err != nil {
			t.Fatal(err)
		}
		s[use{w.Kind, w.Code}] = d
	}
}

func (s stored) all() []Stored {
	var list []Stored
	for _, k := range slices.SortedFunc(maps.Keys(s), func(a, b use) int { return strings.Compare(b.code+b.kind, a.code+a.kind) }) {
		list = append(list, s[k])
	}
	return list
}

// drawDocument draws a document over a few codes. Many are refused, which is fine: what is put must be right.
func drawDocument(t *rapid.T) Document {
	code := func(prefix string, n int) string { return fmt.Sprint(prefix, rapid.IntRange(1, n).Draw(t, prefix)) }
	leaf := func() rule.Rule {
		switch rapid.IntRange(0, 4).Draw(t, "leaf") {
		case 0:
			return rule.Done(code("O", 2))
		case 1:
			return rule.Streak(code("D", 3), 2)
		case 2:
			return rule.Count(code("X", 3), 1)
		case 3:
			return rule.Count(code("U", 2), 2)
		default:
			return rule.Count(code("D", 3), 1)
		}
	}
	tree := func() rule.Rule {
		of := []rule.Rule{leaf()}
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			of = append(of, leaf())
		}
		if rapid.Bool().Draw(t, "all") {
			return rule.All(of...)
		}
		return rule.Any(of...)
	}
	window := func() rule.Window {
		w := rule.Window{}
		if rapid.Bool().Draw(t, "later") { // nothing is fixed yet
			w.Start = epoch.AddDate(0, 0, 20)
		}
		if days := rapid.IntRange(0, 3).Draw(t, "end"); days > 0 {
			w.End = epoch.AddDate(0, 0, 30*days)
		}
		return w
	}
	draft := rapid.IntRange(0, 4).Draw(t, "draft") == 0
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return task.Config{Code: code("O", 2), Window: window()}
	case 1:
		return task.Config{Code: code("D", 3), Period: rule.Daily, Draft: draft}
	case 2:
		return task.Config{Code: code("U", 2), Period: rule.Unlimited, Window: window()}
	case 3, 4:
		return task.Config{Code: code("X", 3), Period: rule.Daily, Rule: tree(), Draft: draft, Window: window()}
	case 5:
		return reward.Group{Code: code("G", 2), Cap: ledger.Whole("points", int64(rapid.IntRange(1, 3).Draw(t, "cap")))}
	case 6:
		return Pause{Reward: code("R", 4), Policy: rapid.SampledFrom([]reward.Policy{"", reward.Hold, reward.Drop}).Draw(t, "policy")}
	default:
		c := reward.Config{Code: code("R", 4), Amount: ledger.Whole("points", int64(rapid.IntRange(1, 2).Draw(t, "amount"))),
			Rule: tree(), Draft: draft, Window: window(), Priority: rapid.IntRange(0, 1).Draw(t, "priority")}
		if rapid.Bool().Draw(t, "grouped") {
			c.Group = code("G", 2)
		}
		if rapid.IntRange(0, 2).Draw(t, "excluding") == 0 {
			c.Excludes = []string{code("R", 4)}
		}
		return c
	}
}

// drawEdit draws a change of a document that exists, of the kind that is allowed while it counts.
func drawEdit(t *rapid.T, c *Catalog) Document {
	codes := append(slices.Sorted(maps.Keys(c.Tasks)), slices.Sorted(maps.Keys(c.Rewards))...)
	code := rapid.SampledFrom(codes).Draw(t, "code")
	end := epoch.AddDate(0, 0, 30*rapid.IntRange(1, 4).Draw(t, "end"))
	if k := c.Tasks[code]; k != nil {
		d := k.Config
		d.Revision, d.Draft, d.Window.End = 0, false, end
		return d
	}
	d := c.Rewards[code].Config
	d.Revision, d.Draft = 0, false
	switch rapid.IntRange(0, 3).Draw(t, "field") {
	case 0:
		d.Window.End = end
	case 1:
		d.Excludes = nil
		if rapid.Bool().Draw(t, "exclude") {
			d.Excludes = []string{rapid.SampledFrom(slices.Sorted(maps.Keys(c.Rewards))).Draw(t, "other")}
		}
	case 2:
		d.Amount = ledger.Whole("points", int64(rapid.IntRange(3, 5).Draw(t, "amount")))
	default:
		d.Priority = rapid.IntRange(2, 4).Draw(t, "priority")
	}
	return d
}

// A catalog that was changed step by step equals one compiled from all documents at once.
func TestApply_S21_stepByStepEqualsAllAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		empty, err := Empty()
		if err != nil {
			t.Fatal(err)
		}
		now, kept := epoch, stored{}
		put := func(c *Catalog, ch Change) *Catalog {
			next, writes, err := c.Plan(ch, now)
			if err != nil {
				return c
			}
			if len(writes) > 0 {
				kept.put(t, next.Revision, writes)
			}
			return next
		}
		c := put(empty, Change{Documents: []Document{ledger.Asset{Code: "points"}, reward.Group{Code: "G1"}, reward.Group{Code: "G2"},
			task.Config{Code: "O1"}, task.Config{Code: "O2"}, task.Config{Code: "D1", Period: rule.Daily}, task.Config{Code: "D2", Period: rule.Daily},
			task.Config{Code: "U1", Period: rule.Unlimited}, task.Config{Code: "U2", Period: rule.Unlimited},
			task.Config{Code: "X1", Period: rule.Daily, Rule: rule.Any(rule.Count("D1", 1), rule.Count("U1", 2))}}})
		for _, d := range []reward.Config{{Code: "R1", Rule: rule.Streak("D1", 2)}, {Code: "R2", Rule: rule.Count("X1", 1)},
			{Code: "R3", Rule: rule.All(rule.Done("O1"), rule.Count("U1", 2))}, {Code: "R4", Rule: rule.Done("O2")}} {
			d.Amount = ledger.Whole("points", 1)
			c = put(c, Change{Documents: []Document{d}})
		}
		for range rapid.IntRange(1, 25).Draw(t, "puts") {
			ch := Change{Retire: rapid.IntRange(0, 9).Draw(t, "retire") == 0}
			for range rapid.IntRange(1, 3).Draw(t, "documents") {
				if rapid.Bool().Draw(t, "edit") {
					ch.Documents = append(ch.Documents, drawEdit(t, c))
				} else {
					ch.Documents = append(ch.Documents, drawDocument(t))
				}
			}
			now = now.Add(time.Hour)
			c = put(c, ch)
		}
		whole, err := empty.Apply(c.Revision, kept.all()...)
		if err != nil {
			t.Fatalf("all at once: %v", err)
		}
		if diff := cmp.Diff(shape(whole), shape(c)); diff != "" {
			t.Fatalf("all at once (-) and step by step (+) differ:\n%s", diff)
		}
	})
}

// What is stored reads back as the same document, and prints the same bytes again.
func TestStored_roundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDocument(t)
		kind, _, _, _ := Identify(d)
		s := Stored{Document: d, Meta: Meta{Since: 3, Put: epoch, Moved: 4}, Actor: "ops", Reason: "why", Time: epoch}
		first, err := s.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(kind, 7, first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := again.Encode()
		if err != nil || string(first) != string(second) {
			t.Fatalf("first %s\nthen  %s %v", first, second, err)
		}
	})
}

func TestDecode_refusesNewerFormatsAndUnknownFields(t *testing.T) {
	for _, tt := range []struct{ name, kind, body string }{
		{"a newer format", KindTask, `{"v":2,"doc":{"code":"T"}}`},
		{"no format", KindTask, `{"doc":{"code":"T"}}`},
		{"an unknown field of the envelope", KindTask, `{"v":1,"doc":{"code":"T"},"other":1}`},
		{"an unknown field of the document", KindTask, `{"v":1,"doc":{"code":"T","other":1}}`},
		{"an unknown kind", "prize", `{"v":1,"doc":{}}`},
		{"no JSON", KindTask, `{`},
	} {
		if _, err := Decode(tt.kind, 1, []byte(tt.body)); err == nil {
			t.Errorf("%s: read", tt.name)
		}
	}
}

// FuzzReadDocuments: no input panics, no name is read twice, and documents that are read can be stored and read back.
func FuzzReadDocuments(f *testing.F) {
	f.Add([]byte(`{"calendar":{"zone":"Asia/Shanghai"},"assets":[{"code":"CNY","scale":2}],"tasks":[{"code":"T","period":"daily","levels":[1,2]}]}`))
	f.Add([]byte(`{"rewards":[{"code":"R","amount":"1 CNY","rule":{"all":[{"streak":"T","n":3}]},"limit":{"max":1}}]}`))
	f.Add([]byte(`{"tasks":[{"code":"T","attrs":{"total":"decimal"},"where":"total > 1","extra":{"a":[1]}}],"reward_groups":[{"code":"G","cap":"9 CNY"}]}`))
	f.Add([]byte(`{"Tasks":[],"tasks":[{"code":"T","code":"U","attrs":{"a":"int","a":"bool","b":2}},null],"tasks":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := ReadDocuments(data)
		if err != nil {
			return
		}
		given := map[string]bool{}
		for _, p := range placesOf(data) {
			if given[p.path] && !strings.Contains(p.path, ".extra.") { // which is the application's own
				t.Fatalf("%s was given twice", p.path)
			}
			given[p.path] = true
		}
		for _, d := range docs {
			kind, _, _, ok := Identify(d)
			if !ok {
				t.Fatalf("%T is no document", d)
			}
			body, err := Stored{Document: d}.Encode()
			if err != nil {
				continue // values no JSON has, such as a rule that cannot be printed, are found when the document is put
			}
			again, err := Decode(kind, 1, body)
			if err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if second, err := again.Encode(); err != nil || string(second) != string(body) {
				t.Fatalf("first %s\nthen  %s %v", body, second, err)
			}
		}
		empty, err := Empty()
		if err != nil {
			t.Fatal(err)
		}
		_, _, _ = empty.Plan(Change{Documents: docs}, epoch) // refused or not: without a panic
	})
}
