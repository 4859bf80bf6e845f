package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
)

// Amounts are read from text, as people and JSON write them, and calculated exactly.
func ExampleParse() {
	price, err := ledger.Parse("2888.50 CNY")
	if err != nil {
		fmt.Println(err)
		return
	}
	total, err := price.Add(ledger.Whole("CNY", 1))
	fmt.Println(total, err)

	_, err = ledger.Parse("1e5 CNY")
	fmt.Println(err)
	// Output:
	// 2889.5 CNY <nil>
	// "1e5 CNY": its number must be digits, with at most a minus before and a point within, as "-2888.5"
}

// Only the asset knows how many digits people expect to see.
func ExampleAsset_Format() {
	yuan := ledger.Asset{Code: "CNY", Title: "Yuan", Scale: 2}
	points := ledger.Asset{Code: "points"}
	fmt.Println(yuan.Format(ledger.Whole("CNY", 2888)))
	fmt.Println(points.Format(ledger.Whole("points", 999)))
	// Output:
	// 2888.00 CNY
	// 999 points
}

// An amount that was calculated is cut down to the asset's scale; one that was stated must fit it already.
func ExampleAmount_Floor() {
	points := ledger.Asset{Code: "points"}
	earned, err := ledger.Parse("18.75 points")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(points.Check(earned))
	fmt.Println(earned.Floor(points.Scale))
	// Output:
	// "18.75 points": its number must have at most 0 digits after the point
	// 18 points <nil>
}

// The operator == compares how a number is held, Equal what it is.
func ExampleAmount_Equal() {
	var a, b ledger.Amount
	if err := json.Unmarshal([]byte(`["2.5 CNY","2.50 CNY"]`), &[]any{&a, &b}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a == b, a.Equal(b))
	// Output: false true
}

// A grant, a deduct that is too large, and the statement and audit of what was posted.
func ExamplePost() {
	grant := ledger.Transfer{
		ID:     ledger.TransferID{User: "50157", Cause: "RS000910.1#1"},
		Debit:  ledger.Issued,
		Credit: ledger.Available,
		Amount: ledger.Whole("CNY", 5),
		Time:   time.Date(2024, 2, 9, 12, 0, 0, 0, time.UTC),
	}
	issued, available, err := ledger.Post(grant, ledger.Balance{}, ledger.Balance{}) // accounts that nothing touched yet
	fmt.Println(issued.Amount(), available.Amount(), err)

	deduct := grant
	deduct.ID.Cause = "RS000910.1#2"
	deduct.Debit, deduct.Credit = ledger.Available, ledger.Issued
	deduct.Amount = ledger.Whole("CNY", 8)
	_, _, err = ledger.Post(deduct, available, issued)
	fmt.Println(errors.Is(err, ledger.ErrInsufficient), err)

	line, err := ledger.Line{}.Next(grant)
	fmt.Println(line.Transfer.ID, line.Change, line.After, err)

	posted := []ledger.Transfer{grant}
	fmt.Println(ledger.Audit(slices.Values(posted), []ledger.Balance{issued, available}))
	// Output:
	// -5 CNY 5 CNY <nil>
	// true insufficient balance: 50157/available/CNY has 5 CNY, wanted 8 CNY
	// 50157/RS000910.1#1/0 5 CNY 5 CNY <nil>
	// <nil>
}
