package rule_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/rule"
)

// trackOf compiles a leaf and gives its track.
func trackOf(t testing.TB, leaf rule.Rule, scope rule.Scope) *rule.Track {
	t.Helper()
	return compileOK(t, leaf, scope).Leaves()[0].Track
}

func TestTrack_S13_equalLeavesShareOne(t *testing.T) {
	window := within(span(0, 30))
	tests := []struct {
		name         string
		a, b         rule.Rule
		scopeA       rule.Scope
		scopeB       rule.Scope
		wantOneTrack bool
	}{
		{"the same leaf", rule.Count("daily", 1), rule.Count("daily", 1), window, window, true},
		{"another n", rule.Count("daily", 1), rule.Count("daily", 7), window, window, true},
		{"count and streak of a daily task", rule.Count("daily", 1), rule.Streak("daily", 3), window, window, true},
		{"another total", rule.Sum("free", "d", dec("1")), rule.Sum("free", "d", dec("2")), window, window, true},
		{"the last level named", rule.Count("daily-levels", 1), rule.Count("daily-levels", 1).AtLevel(3), window, window, true},
		{"a window in another zone", rule.Count("daily", 1), rule.Count("daily", 1), window,
			within(rule.Window{Start: days(0, 0).In(time.FixedZone("", 3600)), End: days(30, 0)}), true},
		{"put at another time", rule.Count("daily", 1), rule.Count("daily", 1), rule.Scope{Put: days(1, 0)}, rule.Scope{Put: days(2, 0)}, true},
		{"its end moved at another revision", rule.Count("daily", 1), rule.Count("daily", 1), rule.Scope{Since: 3, Moved: 4}, rule.Scope{Since: 3, Moved: 9}, true},
		{"another task", rule.Count("daily", 1), rule.Count("TS000061", 1), window, window, false},
		{"another level", rule.Count("daily-levels", 1), rule.Count("daily-levels", 1).AtLevel(2), window, window, false},
		{"another start", rule.Count("daily", 1), rule.Count("daily", 1), window, within(span(1, 30)), false},
		{"another end", rule.Count("daily", 1), rule.Count("daily", 1), window, within(span(0, 31)), false},
		{"no end", rule.Count("daily", 1), rule.Count("daily", 1), window, within(rule.Window{Start: days(0, 0)}), false},
		{"a condition", rule.Count("daily", 1), rule.Count("daily", 1).Where("n > 1"), window, window, false},
		{"another attribute", rule.Sum("free", "d", dec("1")), rule.Sum("free", "n", dec("1")), window, window, false},
		{"a sum and values", rule.Sum("free", "n", dec("1")), rule.Distinct("free", "n", 1), window, window, false},
		{"count and streak of an unlimited task", rule.Count("free", 1), rule.Streak("free", 1), window, window, false},
		{"another revision", rule.Count("daily", 1), rule.Count("daily", 1), rule.Scope{Since: 3}, rule.Scope{Since: 4}, false},
		{"another outer period", rule.Count("daily", 1), rule.Count("daily", 1), every(rule.Weekly), every(rule.Monthly), false},
		{"a reward and a week", rule.Count("daily", 1), rule.Count("daily", 1), rule.Scope{}, every(rule.Weekly), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := trackOf(t, tt.a, tt.scopeA), trackOf(t, tt.b, tt.scopeB)
			if (a.Key == b.Key) != tt.wantOneTrack || a.Key == rule.PeriodsKey {
				t.Errorf("keys %x and %x", a.Key, b.Key)
			}
		})
	}
}

// Two tracks have one key exactly if they are equal in every part but Born.
func TestTrack_S13_theKeyIsThatOfAllItsParts(t *testing.T) {
	cases := trackCases()
	parts := func(tr *rule.Track) string {
		return fmt.Sprint(tr.Task, tr.Form, tr.Span.Start.UnixMicro(), tr.Span.End.UnixMicro(), tr.Outer, tr.Inner, tr.Target, tr.Level, tr.Attr, "|", tr.Where, "|", tr.Since)
	}
	rapid.Check(t, func(t *rapid.T) {
		byParts, byKey := map[string]rule.Key{}, map[rule.Key]string{}
		for range 40 {
			c := cases[rapid.IntRange(0, len(cases)-1).Draw(t, "case")]
			c.leaf = c.leaf.Where(rapid.SampledFrom([]string{"", "n > 1", "n >  1", `s == "since"`}).Draw(t, "where"))
			c.scope.Since = rapid.Int64Range(0, 2).Draw(t, "since")
			c.scope.Moved = rapid.Int64Range(0, 2).Draw(t, "moved")
			p, err := rule.Compile(c.leaf, c.scope, utcPeriods(), fixtureTask)
			if err != nil {
				t.Fatal(err)
			}
			tr := p.Leaves()[0].Track
			text := parts(tr)
			if key, ok := byParts[text]; ok && key != tr.Key {
				t.Fatalf("%s has two keys", text)
			}
			if other, ok := byKey[tr.Key]; ok && other != text {
				t.Fatalf("one key for\n%s\n%s", text, other)
			}
			byParts[text], byKey[tr.Key] = tr.Key, text
			if tr.Born != max(c.scope.Since, c.scope.Moved) {
				t.Fatalf("born at %d", tr.Born)
			}
		}
	})
}

// TestTrack_S13_keysAreThoseOfEarlierReleases holds keys that stand in stored tallies. They must never change.
func TestTrack_S13_keysAreThoseOfEarlierReleases(t *testing.T) {
	for want, tr := range map[string]*rule.Track{
		"bf246eaf85de7ae5": trackOf(t, rule.Streak("TS000061", 3), within(span(0, 30))),
		"1a762d8c4aad504d": trackOf(t, rule.Sum("free", "d", dec("1")).Where("n > 1"), rule.Scope{Since: 7}),
		"6b06b14ea6eb8a11": trackOf(t, rule.Count("twice", 1), every(rule.Weekly)),
	} {
		if text, err := tr.Key.MarshalText(); err != nil || string(text) != want {
			t.Errorf("%s is now %s, %v", want, text, err)
		}
	}
}

func TestKey_textRoundTrips(t *testing.T) {
	for _, k := range []rule.Key{0, 1, 0xabc, 1<<64 - 1} {
		text, err := k.MarshalText()
		var back rule.Key
		if err != nil || len(text) != 16 || back.UnmarshalText(text) != nil || back != k {
			t.Errorf("%x gives %s and back %x", uint64(k), text, uint64(back))
		}
	}
	for _, text := range []string{"", "1", "000000000000000g", "00000000000000000", "+000000000000001", "0x00000000000001", "000000000000000A"} {
		k := rule.Key(7)
		if err := k.UnmarshalText([]byte(text)); err == nil || k != 7 {
			t.Errorf("%q is read as %x, %v", text, uint64(k), err)
		}
	}
}

// TestTrack_S10_valuesStopAtTheirBound holds that further values count nothing and are not kept.
func TestTrack_S10_valuesStopAtTheirBound(t *testing.T) {
	p := compileOK(t, rule.Distinct("free", "n", 3), rule.Scope{})
	track, periods := p.Leaves()[0].Track, utcPeriods()
	var tally rule.Tally
	var sc rule.Scratch
	seen := valueSet{}
	add := func(v any) bool {
		return track.Add(&tally, periods, rule.Fact{Time: seedDay, Growth: 1, Attrs: rule.Attrs{"n": v}}, &sc, seen)
	}
	for i := range int64(rule.DistinctMax) {
		if !add(i) || add(i/2) {
			t.Fatalf("value %d", i)
		}
	}
	if add(int64(rule.DistinctMax)) || len(seen) != rule.DistinctMax || tally.Cells[0].Count != rule.DistinctMax {
		t.Errorf("%d values are kept and %d counted", len(seen), tally.Cells[0].Count)
	}
	if got := matchesOf(p, &tally, 0); got != rule.DistinctMax/3 {
		t.Errorf("%d matches", got)
	}
	if g := p.Progress([]rule.Input{{Cell: &tally.Cells[0]}}, 1, nil); !g.Full {
		t.Error("Progress does not say that it is full")
	}
}

func TestTrack_Value_S10_comparesByTypeAndValue(t *testing.T) {
	id := func(attr string, v any) rule.ValueID {
		tr := trackOf(t, rule.Distinct("free", attr, 1), rule.Scope{})
		id, ok := tr.Value(rule.Fact{Attrs: rule.Attrs{attr: v}}, 0)
		if !ok {
			t.Fatalf("%v has no value", v)
		}
		return id
	}
	if id("d", dec("1.5")) != id("d", dec("1.500")) || id("d", dec("100")) != id("d", decimal.New(1, 2)) {
		t.Error("decimals are compared by their digits")
	}
	if id("t", seedDay) != id("t", seedDay.In(time.FixedZone("", 3600))) {
		t.Error("times are compared by their zones")
	}
	if id("l", []string{"a", "b"}) == id("l", []string{"ab"}) || id("l", []string{"a", "b"}) == id("l", []string{"b", "a"}) || id("l", []string{"1:a"}) == id("l", []string{"", "a"}) {
		t.Error("lists that differ are one")
	}
	tr := trackOf(t, rule.Distinct("free", "s", 1), rule.Scope{})
	if _, ok := tr.Value(rule.Fact{}, 0); ok {
		t.Error("an absent attribute has a value")
	}
	if a, _ := tr.Value(rule.Fact{Attrs: rule.Attrs{"s": ""}}, 0); a == (rule.ValueID{}) {
		t.Error("an empty string has no value")
	}
	if _, ok := trackOf(t, rule.Count("free", 1), rule.Scope{}).Value(rule.Fact{Attrs: rule.Attrs{"s": "x"}}, 0); ok {
		t.Error("a track of growth has a value")
	}
}

func TestAppendValue_equalBytesMeanEqualValues(t *testing.T) {
	values := []any{"", "1", "true", "b", int64(1), int64(-1), int64(11), true, false, dec("1"), dec("1.5"), seedDay, []string{}, []string{""}, []string{"", ""}, []string{"1"}}
	seen := map[string]any{}
	for _, v := range values {
		text := string(rule.AppendValue(nil, v))
		if other, ok := seen[text]; ok {
			t.Errorf("%#v and %#v are %q", v, other, text)
		}
		seen[text] = v
	}
}

func TestTally_S13(t *testing.T) {
	periods := utcPeriods()
	var sc rule.Scratch
	var tally rule.Tally
	tracks := []*rule.Track{trackOf(t, rule.Count("daily", 1), every(rule.Weekly)), trackOf(t, rule.Count("free", 1), rule.Scope{}), trackOf(t, rule.Count("twice", 1), rule.Scope{})}
	for _, day := range []int{40, 3, 10, -60} {
		for _, tr := range tracks {
			tr.Add(&tally, periods, rule.Fact{Time: days(day, 0), Growth: 1}, &sc, nil)
		}
	}
	tally.Finish(7)
	tally.Finish(-7)
	sorted := slices.IsSortedFunc(tally.Cells, func(a, b rule.Cell) int {
		if a.Key != b.Key {
			return map[bool]int{true: -1, false: 1}[a.Key < b.Key]
		}
		return int(a.Outer - b.Outer)
	})
	if !sorted || len(tally.Cells) != 1+4+1+1 {
		t.Errorf("the cells are %+v", tally.Cells)
	}
	if c := tally.Cell(rule.PeriodsKey, 0); c == nil || !c.Done.Has(7) || !c.Done.Has(-7) || c.Done.Has(0) {
		t.Error("Finish does not mark its period")
	}
	if tally.Cell(tracks[0].Key, 99) != nil || new(rule.Tally).Cell(1, 0) != nil {
		t.Error("a cell that counts nothing is there")
	}
	before := asJSON(t, tally)
	clone := tally.Clone()
	for _, tr := range tracks {
		tr.Add(&clone, periods, rule.Fact{Time: days(4, 0), Growth: 1}, &sc, nil)
	}
	clone.Finish(8)
	if got := asJSON(t, tally); got != before {
		t.Errorf("a change of the clone shows:\n%s\n%s", before, got)
	}
	tally.Seed(tracks[1], 40, 2)
	if c := tally.Cell(tracks[1].Key, 0); c.Sum != 40 || c.Finishes != 2 {
		t.Errorf("seeded: %+v", c)
	}
}

// TestTrack_Fold_letsGoOfWhatIsOver holds that a cell which counts nothing any more goes with it.
func TestTrack_Fold_letsGoOfWhatIsOver(t *testing.T) {
	periods := utcPeriods()
	var sc rule.Scratch
	var tally rule.Tally
	tr := trackOf(t, rule.Count("daily5", 1), rule.Scope{})
	tr.Add(&tally, periods, rule.Fact{Time: days(1, 0), Growth: 4}, &sc, nil)
	if tr.Fold(&tally, periods, days(2, 0).Add(-time.Microsecond)); len(tally.Cells) != 1 {
		t.Fatal("a period was let go of before its end")
	}
	if tr.Fold(&tally, periods, days(2, 0)); len(tally.Cells) != 0 {
		t.Errorf("left: %+v", tally.Cells)
	}
}
