package store_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// part draws a part of a key: short, so that two are often equal or one begins the other, and without NUL.
func part(name string) *rapid.Generator[string] {
	return rapid.StringMatching(`[aA/.\x01é~]{1,3}`)
}

func number() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64())
}

type parts struct {
	A, B, C string
	N, M    int64
}

func drawParts(t *rapid.T, name string) parts {
	return parts{
		part("A").Draw(t, name+"A"), part("B").Draw(t, name+"B"), part("C").Draw(t, name+"C"),
		number().Draw(t, name+"N"), number().Draw(t, name+"M"),
	}
}

func micros(n int64) time.Time { return time.UnixMicro(n % 4e15) }

// TestIDs_differWhenTheirPartsDo says that no two different sets of parts make the same ID or key.
func TestIDs_differWhenTheirPartsDo(t *testing.T) {
	builders := map[string]func(p parts) (string, parts){
		"cause":  func(p parts) (string, parts) { return store.CauseID(store.CauseType(p.A), p.B), parts{A: p.A, B: p.B} },
		"task":   func(p parts) (string, parts) { return store.TaskRowID(p.A, p.N), parts{A: p.A, N: p.N} },
		"reward": func(p parts) (string, parts) { return store.RewardRowID(p.A, p.N), parts{A: p.A, N: p.N} },
		"balance": func(p parts) (string, parts) {
			return store.BalanceRowID(ledger.AccountKind(p.A), p.B), parts{A: p.A, B: p.B}
		},
		"value": func(p parts) (string, parts) {
			return store.ValueRowID(p.A, rule.Key(p.N), p.M, [16]byte{byte(len(p.B))}), parts{A: p.A, N: p.N, M: p.M, B: strings.Repeat("x", len(p.B)&255)}
		},
		"transfer": func(p parts) (string, parts) {
			return store.TransferRowID(ledger.TransferID{User: p.A, Cause: p.B, Leg: int(p.N)}), parts{B: p.B, N: p.N}
		},
		"causeTask": func(p parts) (string, parts) {
			return store.CauseTaskKey(p.A, p.B, p.N, p.C), parts{A: p.A, B: p.B, C: p.C, N: p.N}
		},
		"account": func(p parts) (string, parts) {
			return store.TransferAccountKey(p.A, p.B, p.N), parts{A: p.A, B: p.B, N: p.N}
		},
	}
	for name, build := range builders {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				a, b := drawParts(t, "one "), drawParts(t, "other ")
				idA, usedA := build(a)
				idB, usedB := build(b)
				if (idA == idB) != (usedA == usedB) {
					t.Fatalf("%+v and %+v make %q and %q", usedA, usedB, idA, idB)
				}
			})
		})
	}
}

// TestMoveCauseID_hasNoNUL says that the causes of moves stand in columns as text.
func TestMoveCauseID_hasNoNUL(t *testing.T) {
	if got := store.MoveCauseID("RS000910", 3, 2); got != "RS000910/3/2" {
		t.Errorf("got %q", got)
	}
}

// TestKeys_sortByTheirParts says that the keys of reward records sort by user, time, reward and number, and their places
// with them.
func TestKeys_sortByTheirParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawParts(t, "one "), drawParts(t, "other ")
		keyA := store.RewardKey(store.IndexRewardUser, reward.ID{User: a.A, Reward: a.B, N: a.N}, micros(a.M))
		keyB := store.RewardKey(store.IndexRewardUser, reward.ID{User: b.A, Reward: b.B, N: b.N}, micros(b.M))
		want := cmp.Or(cmp.Compare(a.A, b.A), micros(a.M).Compare(micros(b.M)), cmp.Compare(a.B, b.B), cmp.Compare(a.N, b.N))
		if got := cmp.Compare(keyA, keyB); got != want {
			t.Fatalf("%+v and %+v: keys compare %d, parts %d", a, b, got, want)
		}
		from := store.RewardUserFrom(a.A, micros(b.M))
		if in := keyA >= from; in != !micros(a.M).Before(micros(b.M)) {
			t.Fatalf("made at %v, from %v: in %v", micros(a.M), micros(b.M), in)
		}
	})
}

// BenchmarkIDs measures the IDs an event needs.
func BenchmarkIDs(b *testing.B) {
	b.ReportAllocs()
	at := time.Now()
	for b.Loop() {
		_ = store.CauseID(store.CauseEvent, "order-1042")
		_ = store.TaskRowID("TS000061", 20_000)
		_ = store.RewardRowID("RS000910", 3)
		_ = store.RewardKey(store.IndexRewardReward, reward.ID{User: "50157", Reward: "RS000910", N: 3}, at)
	}
}
