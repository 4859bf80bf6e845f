package ledger_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/rule"
)

func TestPost_S24_grantDeductReinstateDeduct(t *testing.T) {
	b := books{}
	five := parse(t, "5.50 CNY")
	for _, step := range []struct {
		transfer ledger.Transfer
		want     string
	}{
		{grant("u7", "r1#1", five), "5.5 CNY"},
		{deduct("u7", "r1#2", five), "0 CNY"},
		{grant("u7", "r1#3", five), "5.5 CNY"},
		{deduct("u7", "r1#4", five), "0 CNY"},
	} {
		if err := b.post(step.transfer); err != nil {
			t.Fatalf("%s: %v", step.transfer.ID, err)
		}
		if got := b[available("u7", "CNY")]; got.Amount().String() != step.want {
			t.Errorf("after %s: %s, want %s", step.transfer.ID, got.Amount(), step.want)
		}
	}
	if got := b[available("u7", "CNY")].Seq; got != 4 {
		t.Errorf("seq = %d, want 4", got)
	}
}

func TestPost_S24_availableIsNeverNegative(t *testing.T) {
	b := books{}
	if err := b.post(grant("u7", "r1#1", ledger.Whole("CNY", 5))); err != nil {
		t.Fatal(err)
	}
	x := deduct("u7", "r2#1", parse(t, "5.01 CNY"))
	from, to := x.Accounts()
	debit, credit, err := ledger.Post(x, b[from], b[to])
	ie, ok := errors.AsType[*ledger.InsufficientError](err)
	if !ok || !errors.Is(err, ledger.ErrInsufficient) {
		t.Fatalf("err = %v", err)
	}
	if ie.Account != from || ie.Available.String() != "5 CNY" || ie.Wanted.String() != "5.01 CNY" {
		t.Errorf("error = %+v", ie)
	}
	if !cmp.Equal(debit, b[from]) || !cmp.Equal(credit, b[to]) {
		t.Errorf("balances after an error: %+v, %+v", debit, credit)
	}
	if _, _, err := ledger.Post(deduct("new", "r1#1", ledger.Whole("CNY", 1)), ledger.Balance{}, ledger.Balance{}); !errors.Is(err, ledger.ErrInsufficient) {
		t.Errorf("account that was never touched: %v", err)
	}
}

func TestPost_refusesWhatContradictsItself(t *testing.T) {
	x := grant("u7", "r1#1", ledger.Whole("CNY", 5))
	issued, avail := x.Accounts()
	dec := decimal.NewFromInt
	for _, tt := range []struct {
		name          string
		transfer      ledger.Transfer
		debit, credit ledger.Balance
		want          error
	}{
		{"transfer that is not valid", ledger.Transfer{}, ledger.Balance{}, ledger.Balance{}, rule.ErrInvalid},
		{"another user's balance", x, ledger.Balance{Account: ledger.Account{User: "u8", Kind: ledger.Issued, Asset: "CNY"}}, ledger.Balance{}, rule.ErrInvalid},
		{"balance of another asset", x, ledger.Balance{}, ledger.Balance{Account: available("u7", "USD")}, rule.ErrInvalid},
		{"balances the wrong way round", x, ledger.Balance{Account: avail}, ledger.Balance{Account: issued}, rule.ErrInvalid},
		{"value without an account", x, ledger.Balance{Value: dec(1), Seq: 1}, ledger.Balance{}, rule.ErrInvalid},
		{"available below zero", x, ledger.Balance{}, ledger.Balance{Account: avail, Value: dec(-1), Seq: 1}, ledger.ErrUnbalanced},
		{"issued above zero", x, ledger.Balance{Account: issued, Value: dec(1), Seq: 1}, ledger.Balance{}, ledger.ErrUnbalanced},
		{"seq below zero", x, ledger.Balance{Account: issued, Seq: -1}, ledger.Balance{}, ledger.ErrUnbalanced},
		{"value before the first transfer", x, ledger.Balance{}, ledger.Balance{Account: avail, Value: dec(1)}, ledger.ErrUnbalanced},
		{"huge balance", x, ledger.Balance{}, ledger.Balance{Account: avail, Value: decimal.New(1, math.MaxInt32), Seq: 1}, ledger.ErrUnbalanced},
		{"more taken back than issued", deduct("u7", "r1#2", ledger.Whole("CNY", 5)),
			ledger.Balance{Account: avail, Value: dec(9), Seq: 1}, ledger.Balance{Account: issued, Value: dec(-4), Seq: 1}, ledger.ErrUnbalanced},
		{"balance that becomes too large", x, ledger.Balance{}, ledger.Balance{Account: avail, Value: decimal.New(99999999999, 9).Add(dec(999999999)), Seq: 1}, ledger.ErrOverflow},
		{"last seq", x, ledger.Balance{Account: issued, Seq: math.MaxInt64}, ledger.Balance{}, ledger.ErrOverflow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			debit, credit, err := ledger.Post(tt.transfer, tt.debit, tt.credit)
			if !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
			if debit.Account != tt.debit.Account || debit.Seq != tt.debit.Seq || credit.Account != tt.credit.Account || credit.Seq != tt.credit.Seq {
				t.Errorf("balances after an error: %+v, %+v", debit, credit)
			}
		})
	}
}

// Post keeps the sum of both balances, changes each by the amount, and keeps their signs.
func TestPost_S24_keepsTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBooks(t)
		x := drawTransfer(t, len(b.transfers))
		from, to := x.Accounts()
		debit, credit, err := ledger.Post(x, b.balances[from], b.balances[to])
		if err != nil {
			return
		}
		before := b.balances[from].Value.Add(b.balances[to].Value)
		if !debit.Value.Add(credit.Value).Equal(before) {
			t.Fatalf("sum was %s and is %s", before, debit.Value.Add(credit.Value))
		}
		if !b.balances[from].Value.Sub(x.Amount.Value).Equal(debit.Value) || debit.Seq != b.balances[from].Seq+1 || credit.Seq != b.balances[to].Seq+1 {
			t.Fatalf("%+v, %+v", debit, credit)
		}
		for _, one := range []ledger.Balance{debit, credit} {
			if one.Account.Kind == ledger.Available && one.Value.IsNegative() || one.Account.Kind == ledger.Issued && one.Value.IsPositive() {
				t.Fatalf("%+v", one)
			}
		}
	})
}

// Whatever is granted, deducted and reinstated in whatever order, the books balance.
func TestAudit_S27_anySequenceBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawBooks(t)
		if err := ledger.Audit(slices.Values(h.transfers), h.balances.list()); err != nil {
			t.Fatal(err)
		}
	})
}

// A balance that was changed, lost or doubled, and a transfer that was lost, doubled or changed, is found.
func TestAudit_S27_findsAnyCorruption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawBooks(t)
		first := grant("u7", "first", ledger.Whole("CNY", 1)) // so that there is something to corrupt
		if err := h.balances.post(first); err != nil {
			t.Fatal(err)
		}
		h.transfers = append(h.transfers, first)
		balances, transfers := h.balances.list(), h.transfers
		i := rapid.IntRange(0, len(balances)-1).Draw(t, "balance")
		j := rapid.IntRange(0, len(transfers)-1).Draw(t, "transfer")
		one := decimal.New(1, -18)
		switch rapid.IntRange(0, 7).Draw(t, "corruption") {
		case 0:
			balances[i].Value = balances[i].Value.Add(one)
		case 1:
			balances[i].Seq++
		case 2:
			balances = slices.Delete(balances, i, i+1)
		case 3:
			balances = append(balances, balances[i])
		case 4:
			transfers = slices.Delete(transfers, j, j+1)
		case 5:
			transfers = append(transfers, transfers[j])
		case 6:
			transfers[j].Amount.Value = transfers[j].Amount.Value.Add(one)
		case 7:
			transfers[j].Debit, transfers[j].Credit = transfers[j].Credit, transfers[j].Debit
		}
		if err := ledger.Audit(slices.Values(transfers), balances); !errors.Is(err, ledger.ErrUnbalanced) {
			t.Fatalf("not found: %v", err)
		}
	})
}

func TestAudit_S27_namesEveryMismatch(t *testing.T) {
	x := grant("u7", "r1#1", ledger.Whole("CNY", 5))
	issued, avail := x.Accounts()
	other := available("u8", "CNY")
	over := deduct("u8", "r9#1", ledger.Whole("CNY", 1))
	err := ledger.Audit(slices.Values([]ledger.Transfer{x, x, over, {}}), []ledger.Balance{
		{Account: avail, Value: decimal.NewFromInt(6), Seq: 2},
		{Account: issued, Value: decimal.NewFromInt(-5), Seq: 1},
		{Account: other, Value: decimal.NewFromInt(-1), Seq: 1},
		{Account: other, Value: decimal.NewFromInt(-1), Seq: 1},
		{Account: ledger.Account{User: "u9", Kind: "held", Asset: "CNY"}},
	})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("err = %v", err)
	}
	var got []string
	for _, e := range joined.Unwrap() {
		ue, ok := errors.AsType[*ledger.UnbalancedError](e)
		if !ok {
			t.Errorf("untyped: %v", e)
			continue
		}
		name := ue.Transfer.String()
		if ue.Account != (ledger.Account{}) {
			name += " " + ue.Account.String()
		}
		got = append(got, name+": "+ue.Reason)
	}
	want := []string{
		"u7/r1#1/0: must be there once",
		"u8/r9#1/0 u8/available/CNY: must not be negative after the transfer",
		"u8/r9#1/0 u8/issued/CNY: must not be positive after the transfer",
		": must be valid",
		" u7/available/CNY: must equal the sum of its transfers",
		" u7/available/CNY: its seq is 2 and must be 1, the number of its transfers",
		" u8/available/CNY: must not be negative",
		" u8/available/CNY: must have one balance",
		" u9/held/CNY: must be an account",
		" u8/issued/CNY: must have a balance, as it has transfers",
		" u7//CNY: the balances of all kinds together must be zero, as debits equal credits",
		" u8//CNY: the balances of all kinds together must be zero, as debits equal credits",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatches (-want +got):\n%s", diff)
	}
}

func TestAudit_anEmptyBookBalances(t *testing.T) {
	untouched := []ledger.Balance{{Account: available("u7", "CNY")}}
	if err := ledger.Audit(nil, untouched); err != nil {
		t.Errorf("untouched account: %v", err)
	}
	if err := ledger.Audit(nil, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestAudit_hostileNumbersAreReported(t *testing.T) {
	for _, value := range []decimal.Decimal{decimal.New(1, math.MaxInt32), decimal.New(1, math.MinInt32)} {
		balances := []ledger.Balance{{Account: available("u7", "CNY"), Value: value, Seq: 1}}
		x := grant("u7", "r1#1", ledger.Amount{Asset: "CNY", Value: value})
		err := ledger.Audit(slices.Values([]ledger.Transfer{x}), balances)
		if !errors.Is(err, ledger.ErrUnbalanced) || len(err.Error()) > 2000 {
			t.Errorf("err = %v", err)
		}
	}
}

func TestLine_S24_statementAgreesWithBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { // the last line of a statement shows the balance, and each line what the one before had and its change
		h := drawBooks(t)
		lines := map[ledger.Account]ledger.Line{}
		for _, x := range h.transfers {
			account := available(x.ID.User, x.Amount.Asset)
			line, err := lines[account].Next(x)
			if err != nil {
				t.Fatal(err)
			}
			if sum, err := lines[account].After.Add(line.Change); err != nil || !sum.Equal(line.After) {
				t.Fatalf("line %+v, %v", line, err)
			}
			lines[account] = line
		}
		for account, line := range lines {
			if !line.After.Equal(h.balances[account].Amount()) {
				t.Fatalf("%s: statement ends with %s, balance %s", account, line.After, h.balances[account].Amount())
			}
		}
	})
}

func TestLine_refusesWhatDoesNotFollow(t *testing.T) {
	line, err := ledger.Line{}.Next(grant("u7", "r1#1", ledger.Whole("CNY", 5)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		next ledger.Transfer
		want error
	}{
		{"another user", grant("u8", "r1#1", ledger.Whole("CNY", 1)), rule.ErrInvalid},
		{"another asset", grant("u7", "r2#1", ledger.Whole("USD", 1)), rule.ErrInvalid},
		{"no transfer", ledger.Transfer{}, rule.ErrInvalid},
		{"more than there was", deduct("u7", "r2#1", ledger.Whole("CNY", 6)), ledger.ErrUnbalanced},
		{"too much", grant("u7", "r2#1", parse(t, "99999999999999999999 CNY")), ledger.ErrOverflow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if next, err := line.Next(tt.next); !errors.Is(err, tt.want) || !next.After.IsZero() {
				t.Errorf("Next = %+v, %v; want %v", next, err, tt.want)
			}
		})
	}
}

// books are balances by account.
type books map[ledger.Account]ledger.Balance

func (b books) post(t ledger.Transfer) error {
	from, to := t.Accounts()
	debit, credit, err := ledger.Post(t, b[from], b[to])
	if err != nil {
		return err
	}
	b[from], b[to] = debit, credit
	return nil
}

func (b books) list() []ledger.Balance {
	var all []ledger.Balance
	for _, one := range b {
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y ledger.Balance) int { return x.Account.Compare(y.Account) })
	return all
}

func available(user, asset string) ledger.Account {
	return ledger.Account{User: user, Kind: ledger.Available, Asset: asset}
}

type history struct {
	transfers []ledger.Transfer
	balances  books
}

// drawBooks posts a random sequence of grants and deducts; those that are refused for want of a balance leave no trace.
func drawBooks(t *rapid.T) history {
	h := history{balances: books{}}
	for i := range rapid.IntRange(0, 20).Draw(t, "transfers") {
		x := drawTransfer(t, i)
		switch err := h.balances.post(x); {
		case err == nil:
			h.transfers = append(h.transfers, x)
		case !errors.Is(err, ledger.ErrInsufficient):
			t.Fatalf("%+v: %v", x, err)
		}
	}
	return h
}

func drawTransfer(t *rapid.T, n int) ledger.Transfer {
	value := decimal.New(rapid.Int64Range(1, 300).Draw(t, "value"), -rapid.Int32Range(0, 3).Draw(t, "digits"))
	a := ledger.Amount{Asset: rapid.SampledFrom([]string{"CNY", "points"}).Draw(t, "asset"), Value: value}
	x := grant(rapid.SampledFrom([]string{"u7", "u8"}).Draw(t, "user"), "c", a)
	x.ID.Leg = n
	if rapid.Bool().Draw(t, "deduct") {
		x.Debit, x.Credit = x.Credit, x.Debit
	}
	return x
}

func BenchmarkPost(b *testing.B) { // one grant onto two balances, checks included
	x := grant("u7", "r1#1", parse(b, "2.50 CNY"))
	from, to := x.Accounts()
	debit, credit := ledger.Balance{Account: from}, ledger.Balance{Account: to}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ledger.Post(x, debit, credit); err != nil {
			b.Fatal(err)
		}
	}
}
