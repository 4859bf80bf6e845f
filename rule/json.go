package rule

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// MarshalJSON prints the rule as an object whose first field is its operator:
//
//	{"all":[{"streak":"sign-in","n":3},{"count":"order","n":1,"where":"total >= 100","level":2}]}
//	{"any":[{"done":"profile"},{"at_least":2,"of":[{"done":"a"},{"done":"b"},{"done":"c"}]}]}
//	{"distinct":"order","attr":"shop","n":3}
//	{"sum":"order","attr":"total","total":"99.5"}
//
// A total is a string, so that no reader makes a float of it. The zero Rule is null. An empty condition and the level 0
// are left out. What is printed parses back Equal; a rule of which that would not be true is refused with a [FieldError]
// for every fault, by path: an unknown operator, a field set that the operator does not read, a zero Rule as a child, a
// text that is not UTF-8, a total out of the bounds of [CheckDecimal], more than 16 rules deep or 256 nodes. Other
// faults, as an N of 0, are printed as they are: [Rule.Validate] finds them.
func (r Rule) MarshalJSON() ([]byte, error) {
	if err := r.checkForm(); err != nil {
		return nil, err
	}
	if r.Op == OpNone {
		return []byte("null"), nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // conditions are full of < and >; who prints into HTML has the outer encoder escape them
	if err := enc.Encode(printed(r)); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// ruleJSON is the printed form of a node. The fields are in the order they are printed.
type ruleJSON struct {
	All      *[]ruleJSON `json:"all,omitempty"`
	Any      *[]ruleJSON `json:"any,omitempty"`
	AtLeast  *int64      `json:"at_least,omitempty"`
	Of       *[]ruleJSON `json:"of,omitempty"`
	Done     *string     `json:"done,omitempty"`
	Count    *string     `json:"count,omitempty"`
	Streak   *string     `json:"streak,omitempty"`
	Distinct *string     `json:"distinct,omitempty"`
	Sum      *string     `json:"sum,omitempty"`
	Attr     *string     `json:"attr,omitempty"`
	N        *int64      `json:"n,omitempty"`
	Total    *string     `json:"total,omitempty"`
	Where    string      `json:"where,omitempty"`
	Level    int         `json:"level,omitempty"`
}

// printed turns a rule whose form was checked into what is printed.
func printed(r Rule) ruleJSON {
	of := make([]ruleJSON, len(r.Of))
	for i, child := range r.Of {
		of[i] = printed(child)
	}
	switch r.Op {
	case OpAll:
		return ruleJSON{All: &of}
	case OpAny:
		return ruleJSON{Any: &of}
	case OpAtLeast:
		return ruleJSON{AtLeast: &r.K, Of: &of}
	}
	leaf := ruleJSON{Where: r.Cond, Level: r.Level}
	switch r.Op {
	case OpDone:
		leaf.Done = &r.Task
	case OpCount:
		leaf.Count, leaf.N = &r.Task, &r.N
	case OpStreak:
		leaf.Streak, leaf.N = &r.Task, &r.N
	case OpDistinct:
		leaf.Distinct, leaf.Attr, leaf.N = &r.Task, &r.Attr, &r.N
	case OpSum:
		bounded, _ := boundDecimal(r.Total) // 0e-1000000000 would write a gigabyte of zeros
		total := bounded.String()
		leaf.Sum, leaf.Attr, leaf.Total = &r.Task, &r.Attr, &total
	}
	return leaf
}

// UnmarshalJSON reads what [Rule.MarshalJSON] prints and replaces r by it; on an error r is unchanged. An absent n is 1;
// a total may also be a number, and keeps its digits. null and {} are the zero Rule. Names are case-sensitive.
//
// It refuses what is no rule in form: unknown fields and fields of another operator, a field given twice, two operators
// or none, numbers that are not whole or exceed 64 bits, totals out of the bounds of [CheckDecimal], more than 16
// rules deep or 256 nodes. Whether the values make sense is for [Rule.Validate], so that a document with many rules can
// have all of them read, and all of their faults found, together.
//
// The error joins a [FieldError] for every fault by its path, as in "all[0].n", in the order of the text; a text that is
// no JSON at all is one fault without a path. After 100 faults reading ends. [json.Unmarshal] checks the syntax itself
// and then answers with an error of its own.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var d jsonReader
	var read Rule
	if raw, ok := d.text(data); ok {
		read = d.rule(raw, "", 1)
	}
	if err := d.faults.Err(); err != nil {
		return err
	}
	*r = read
	return nil
}

func (d *jsonReader) rule(raw json.RawMessage, path string, depth int) Rule {
	if !d.enter() {
		return Rule{}
	}
	known := len(d.faults.errs)
	var fields []jsonField
	if string(raw) != "null" {
		fields = d.object(raw, path, isRuleField)
	}
	op := OpNone
	for _, f := range fields {
		if op = opNamed(f.name); op != OpNone {
			break
		}
	}
	form, _ := formOf(op)
	switch {
	case op != OpNone:
	case len(d.faults.errs) > known: // what is there is unknown: that says it
		return Rule{}
	case len(fields) > 0:
		d.add(path, "", "must name an operator: all, any, at_least, done, count, streak, distinct or sum")
		return Rule{}
	case depth > 1:
		d.add(path, "", zeroChild)
		return Rule{}
	}
	r := Rule{Op: op}
	if form.n {
		r.N = 1
	}
	for _, f := range fields {
		d.field(&r, form, f, join(path, f.name), depth)
	}
	return r
}

// field reads one field of a node into r.
func (d *jsonReader) field(r *Rule, form opForm, f jsonField, path string, depth int) {
	switch {
	case f.name == form.list:
		r.Of = d.rules(f.raw, path, depth)
	case f.name == form.name && form.k:
		r.K = d.whole(f.raw, path, 64)
	case f.name == form.name:
		r.Task = d.string(f.raw, path)
	case opNamed(f.name) != OpNone:
		d.add(path, "", "must not be a second operator beside "+form.name)
	case f.name == "n" && form.n:
		r.N = d.whole(f.raw, path, 64)
	case f.name == "attr" && form.attr:
		r.Attr = d.string(f.raw, path)
	case f.name == "total" && form.total:
		r.Total = d.total(f.raw, path)
	case f.name == "where" && form.where:
		r.Cond = d.string(f.raw, path)
	case f.name == "level" && form.level:
		r.Level = int(d.whole(f.raw, path, strconv.IntSize))
	default:
		d.add(path, "", "must not be set: "+form.name+" does not read it")
	}
}

func (d *jsonReader) rules(raw json.RawMessage, path string, depth int) []Rule {
	var of []Rule
	d.list(raw, path, func(element json.RawMessage, path string) {
		if depth < ruleDepthMax {
			of = append(of, d.rule(element, path, depth+1))
		} else if len(of) == 0 { // once a list
			of = append(of, Rule{})
			d.add(strings.TrimSuffix(path, "[0]"), "", tooDeep())
		}
	})
	return of
}

// total reads a decimal that is a number or a string holding one, with every digit of it, in the bounds of [ParseDecimal].
func (d *jsonReader) total(raw json.RawMessage, path string) decimal.Decimal {
	text := string(raw[:min(len(raw), decimalTextMax+1)]) // a longer one is refused
	if raw[0] == '"' {
		text = d.string(raw, path)
	}
	total, reason := parseDecimal(text)
	if reason != "" {
		d.add(path, text, reason)
		return decimal.Decimal{}
	}
	return total
}

func isRuleField(name string) bool {
	return opNamed(name) != OpNone || slices.Contains([]string{"of", "n", "attr", "total", "where", "level"}, name)
}

// opNamed gives the operator of a field, OpNone where it is none.
func opNamed(name string) Op {
	for op := OpAll; op <= OpSum; op++ {
		if form, _ := formOf(op); form.name == name {
			return op
		}
	}
	return OpNone
}
