package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// A range in columns holds just the keys that a query matches, whatever From, To and After are cut from.
func TestRange_holdsWhatTheQueryMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ix := rapid.SampledFrom(store.Indexes()).Draw(t, "index")
		var keys []string
		var columns [][]any
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			key, values := drawKey(t, ix)
			keys, columns = append(keys, key), append(columns, values)
		}
		text := func(name string) string {
			if rapid.IntRange(0, 2).Draw(t, name+" given") == 0 {
				return ""
			}
			key := rapid.SampledFrom(keys).Draw(t, name)
			r := []rune(key)
			cut := string(r[:rapid.IntRange(0, len(r)).Draw(t, name+" cut")])
			return cut + rapid.SampledFrom([]string{"", "", "", "\x00", "0", "f", "g", "9", ":", "é", "\x00\x00", "\U0010ffff"}).Draw(t, name+" more")
		}
		q := store.Query{Index: ix, Prefix: text("prefix"), From: text("from"), To: text("to"), After: text("after"), Desc: rapid.Bool().Draw(t, "desc")}
		r := q.Range()
		for i, key := range keys {
			if got, want := holds(r, columns[i]), q.Match(key); got != want {
				t.Fatalf("%+v: the range %+v holds %q: %v, want %v", q, r, key, got, want)
			}
		}
	})
}

// holds is what Range says, by the letter.
func holds(r store.Range, columns []any) bool {
	for i, v := range r.Equal {
		if compareValues(columns[i], v) != 0 {
			return false
		}
	}
	return !r.Empty && behind(r.Low, columns) && (r.High == nil || !behind(*r.High, columns))
}

func behind(p store.Place, columns []any) bool {
	for i, v := range p.Values {
		if c := compareValues(columns[i], v); c != 0 {
			return c > 0
		}
	}
	return !p.Strict
}

func compareValues(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	default:
		return slices.Compare([]int64{a.(int64)}, []int64{b.(int64)})
	}
}

// drawKey draws a row of an index, and gives its key and its columns.
func drawKey(t *rapid.T, ix store.Index) (string, []any) {
	name := rapid.SampledFrom([]string{"a", "ab", "b", "é", "用户", "a b", "\x01", "\U0010ffff"})
	n := rapid.SampledFrom([]int64{0, 1, -1, 15, 16, 1 << 62, -1 << 63, 1<<63 - 1})
	at := time.UnixMicro(rapid.SampledFrom([]int64{0, 1, -1, 1_770_000_000_000_000, -62135596800_000000, 253402300799_999999}).Draw(t, "time")).UTC()
	user, code, id, seq := name.Draw(t, "user"), name.Draw(t, "code"), name.Draw(t, "id"), n.Draw(t, "seq")
	var row store.Row
	var values []any
	switch ix {
	case store.IndexCauseTask:
		row = &store.CauseRow{User: user, Type: store.CauseEvent, ID: id, Event: &task.Entry{Event: task.Event{Task: code}, Seq: seq}}
		values = []any{user, code, seq, id}
	case store.IndexTransferAccount:
		if seq == 0 {
			seq = 2
		}
		row = &store.TransferRow{Transfer: ledger.Transfer{ID: ledger.TransferID{User: user}, Amount: ledger.Amount{Asset: code}}, Seq: seq}
		values = []any{user, code, seq}
	default:
		row = &store.RewardRow{Record: reward.Record{ID: reward.ID{User: user, Reward: code, N: seq}, Time: at, Status: reward.Pending}}
		values = map[store.Index][]any{
			store.IndexRewardUser: {user, at, code, seq}, store.IndexRewardReward: {code, at, user, seq}, store.IndexRewardOpen: {at, user, code, seq},
		}[ix]
	}
	return store.IndexKey(ix, row), values
}

func TestParseNumber_readsWhatIDsAreMadeOf(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 1<<63 - 1, -1 << 63, 20_511} {
		_, part, _ := strings.Cut(store.TaskRowID("t", n), "\x00")
		if got, ok := store.ParseNumber(part); got != n || !ok {
			t.Errorf("%q is %d, %v, want %d", part, got, ok, n)
		}
	}
	for _, s := range []string{"", "8", "800000000000000g", "800000000000000A", "80000000000000000", "8000000000000 00", fmt.Sprint(1)} {
		if n, ok := store.ParseNumber(s); ok {
			t.Errorf("%q is %d", s, n)
		}
	}
}
