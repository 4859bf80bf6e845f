package ledger_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

var noon = time.Date(2024, 2, 9, 12, 0, 0, 0, time.UTC)

// grant moves an amount from what was issued to what is available; deduct is the way back.
func grant(user, cause string, a ledger.Amount) ledger.Transfer {
	return ledger.Transfer{ID: ledger.TransferID{User: user, Cause: cause}, Debit: ledger.Issued, Credit: ledger.Available, Amount: a, Time: noon}
}

func deduct(user, cause string, a ledger.Amount) ledger.Transfer {
	t := grant(user, cause, a)
	t.Debit, t.Credit = t.Credit, t.Debit
	return t
}

func TestTransfer_S24_validateFindsEveryFaultAtOnce(t *testing.T) {
	bad := ledger.Transfer{ID: ledger.TransferID{Leg: -1}, Debit: "held", Credit: "held", Amount: ledger.Whole("a b", -1),
		Actor: strings.Repeat("x", 129), Reason: "\x00"}
	want := []string{"id.user", "id.cause", "id.leg", "debit", "credit", "credit", "amount", "amount", "actor", "reason", "time"}
	if got := fields(bad.Validate()); !cmp.Equal(got, want) {
		t.Errorf("faulty fields = %v, want %v", got, want)
	}
}

func TestTransfer_S24_limits(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*ledger.Transfer)
		want []string
	}{
		{"as it is", func(*ledger.Transfer) {}, nil},
		{"longest texts", func(x *ledger.Transfer) {
			x.ID = ledger.TransferID{User: strings.Repeat("u", 128), Cause: strings.Repeat("c", 512), Leg: math.MaxInt32}
			x.Actor, x.Reason = strings.Repeat("a", 128), strings.Repeat("r", 1024)
		}, nil},
		{"long user", func(x *ledger.Transfer) { x.ID.User = strings.Repeat("u", 129) }, []string{"id.user"}},
		{"long cause", func(x *ledger.Transfer) { x.ID.Cause = strings.Repeat("c", 513) }, []string{"id.cause"}},
		{"NUL in the cause", func(x *ledger.Transfer) { x.ID.Cause = "a\x00" }, []string{"id.cause"}},
		{"long reason", func(x *ledger.Transfer) { x.Reason = strings.Repeat("r", 1025) }, []string{"reason"}},
		{"nothing to move", func(x *ledger.Transfer) { x.Amount = ledger.Whole("CNY", 0) }, []string{"amount"}},
		{"less than nothing to move", func(x *ledger.Transfer) { x.Amount = ledger.Whole("CNY", -1) }, []string{"amount"}},
		{"to itself", func(x *ledger.Transfer) { x.Credit = x.Debit }, []string{"credit"}},
		{"year 10000", func(x *ledger.Transfer) { x.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, []string{"time"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := grant("u7", "r1#1", ledger.Whole("CNY", 1))
			tt.edit(&x)
			if got := fields(x.Validate()); !cmp.Equal(got, tt.want) {
				t.Errorf("faulty fields = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTransfer_S24_bothAccountsAreTheUsersOwn(t *testing.T) {
	debit, credit := grant("u7", "r1#1", ledger.Whole("CNY", 1)).Accounts()
	if debit != (ledger.Account{User: "u7", Kind: ledger.Issued, Asset: "CNY"}) || credit != (ledger.Account{User: "u7", Kind: ledger.Available, Asset: "CNY"}) {
		t.Errorf("accounts = %s, %s", debit, credit)
	}
}

func TestTransfer_jsonRoundTrip(t *testing.T) {
	x := deduct("a/b", "r1#2", parse(t, "2.50 CNY"))
	x.Actor, x.Reason = "anna", "below standard"
	data, err := json.Marshal(x)
	want := `{"id":"a%2Fb/r1#2/0","debit":"available","credit":"issued","amount":"2.5 CNY","actor":"anna","reason":"below standard","time":"2024-02-09T12:00:00Z"}`
	if err != nil || string(data) != want {
		t.Fatalf("JSON = %s, %v", data, err)
	}
	var back ledger.Transfer
	if err := json.Unmarshal(data, &back); err != nil || !back.Equal(x) {
		t.Errorf("read back %+v, %v", back, err)
	}
}

func TestTransfer_equalLooksAtEveryField(t *testing.T) {
	x := grant("u7", "r1#1", parse(t, "2.5 CNY"))
	same := x
	same.Amount, same.Time = parse(t, "2.50 CNY"), x.Time.In(time.FixedZone("", 3600))
	if !x.Equal(same) {
		t.Error("another representation is another transfer")
	}
	for name, edit := range map[string]func(*ledger.Transfer){
		"id":     func(x *ledger.Transfer) { x.ID.Leg++ },
		"debit":  func(x *ledger.Transfer) { x.Debit = "held" },
		"credit": func(x *ledger.Transfer) { x.Credit = "held" },
		"amount": func(x *ledger.Transfer) { x.Amount.Asset = "USD" },
		"actor":  func(x *ledger.Transfer) { x.Actor = "b" },
		"reason": func(x *ledger.Transfer) { x.Reason = "b" },
		"time":   func(x *ledger.Transfer) { x.Time = x.Time.Add(1) },
	} {
		other := x
		if edit(&other); x.Equal(other) {
			t.Errorf("another %s is the same transfer", name)
		}
	}
}

// An ID is read back from its text as it was, and no two IDs share a text.
func TestTransferID_S24_textIsUnambiguous(t *testing.T) {
	ids := rapid.Custom(func(t *rapid.T) ledger.TransferID {
		return ledger.TransferID{
			User:  rapid.StringMatching(`[a/%25F]{1,5}`).Draw(t, "user"),
			Cause: rapid.StringMatching(`[a/%0]{1,5}`).Draw(t, "cause"),
			Leg:   rapid.SampledFrom([]int{0, 1, 10, math.MaxInt32}).Draw(t, "leg"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := ids.Draw(t, "a"), ids.Draw(t, "b")
		text, err := a.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back ledger.TransferID
		if err := back.UnmarshalText(text); err != nil || back != a {
			t.Fatalf("%q read as %+v, %v", text, back, err)
		}
		if (a.String() == b.String()) != (a == b) || (a.Compare(b) == 0) != (a == b) || a.Compare(b) != -b.Compare(a) {
			t.Fatalf("%+v and %+v", a, b)
		}
	})
}

func TestTransferID_refusesTextsThatAreNotCanonical(t *testing.T) {
	for _, text := range []string{"u", "u/c", "/c/0", "u//0", "u/c/", "u/c/-1", "u/c/+1", "u/c/01", "u/c/2147483648", "u/c/x", "%/c/0", "%2f/c/0", "%41/c/0", "u/c/0 ", "u\xff/c/0", "u/c\x00/0"} {
		id := ledger.TransferID{User: "kept"}
		if err := id.UnmarshalText([]byte(text)); !errors.Is(err, rule.ErrInvalid) || id.User != "kept" {
			t.Errorf("%q is read as %+v, %v", text, id, err)
		}
	}
	var zero ledger.TransferID
	if text, err := zero.MarshalText(); err != nil || string(text) != "" || zero.UnmarshalText(text) != nil {
		t.Errorf("zero ID: %q, %v", text, err)
	}
	if _, err := (ledger.TransferID{User: "u"}).MarshalText(); !errors.Is(err, rule.ErrInvalid) {
		t.Errorf("half an ID: %v", err)
	}
}

func FuzzTransferID(f *testing.F) {
	for _, seed := range []string{"50157/RS000910.1#2/0", "a%2Fb/c/d/1", "//", "%/c/0", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var id ledger.TransferID
		if id.UnmarshalText([]byte(text)) == nil && id.String() != text {
			t.Fatalf("%q is read as %q", text, id)
		}
	})
}

func TestAccount_validateNamesTheFields(t *testing.T) {
	want := []string{"user", "kind", "asset"}
	if got := fields((ledger.Account{Kind: "held"}).Validate()); !cmp.Equal(got, want) {
		t.Errorf("faulty fields = %v, want %v", got, want)
	}
	if got := (ledger.Account{User: "a/b%", Kind: ledger.Issued, Asset: "CNY"}).String(); got != "a%2Fb%25/issued/CNY" {
		t.Errorf("String = %s", got)
	}
}

func TestTransfer_changeIsZeroForAccountsItDoesNotTouch(t *testing.T) {
	x := grant("u7", "r1#1", ledger.Whole("CNY", 5))
	loop := x
	loop.Debit = loop.Credit
	for _, tt := range []struct {
		name     string
		transfer ledger.Transfer
		kind     ledger.AccountKind
		want     string
	}{
		{"credited", x, ledger.Available, "5 CNY"},
		{"debited", x, ledger.Issued, "-5 CNY"},
		{"neither", x, "held", "0 CNY"},
		{"both", loop, ledger.Available, "0 CNY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.transfer.Change(tt.kind); got.String() != tt.want {
				t.Errorf("Change = %s, want %s", got, tt.want)
			}
		})
	}
}
