package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// ReadDocuments reads documents from JSON: an object with the optional fields calendar, assets, task_groups, tasks,
// reward_groups and rewards, each but the first a list. Names are matched exactly. Every unknown name, every name given
// twice and every value that does not fit is a [rule.FieldError] with a path such as "rewards[3].rule.all[0].n"; a text that is no JSON, or nested more than 10,000 deep, is one fault without a path. After 100 places
// with faults reading ends. A null is as good as an absent field. Documents that are read are not valid yet.
func ReadDocuments(data []byte) ([]Document, error) {
	var r reader
	var s span
	if err := json.Unmarshal(data, &s); err != nil {
		r.fault("", nil, "must be JSON: "+err.Error())
		return nil, r.faults.Err()
	}
	kinds := map[string]func(path string, raw []byte){
		"calendar":      r.calendar,
		"assets":        r.list(document[ledger.Asset]()),
		"task_groups":   r.list(document[task.Group]()),
		"tasks":         r.list(document[task.Config]()),
		"reward_groups": r.list(document[reward.Group]()),
		"rewards":       r.list(document[reward.Config]()),
	}
	known := func(name string) bool { return kinds[name] != nil }
	r.fields("", data, known, func(name, path string, raw []byte) {
		if string(raw) != "null" {
			kinds[name](path, raw)
		}
	})
	if err := r.faults.Err(); err != nil {
		return nil, err
	}
	return r.docs, nil
}

// placesMax is how many places with faults are listed.
const placesMax = 100

// A reader goes through a text whose syntax was checked, one object or list at a time, because encoding/json matches names
// in any case, takes the last of a name given twice, stops at the first fault and does not say where it stood. It descends
// to the fields of documents and no further, so each byte is read a fixed number of times however the text is nested.
type reader struct {
	docs   []Document
	faults rule.Faults
	places int
}

// at records the faults of a place.
func (r *reader) at(path string, err error) {
	if err == nil {
		return
	}
	if r.places++; r.places > placesMax {
		return
	}
	r.faults.At(path, err)
	if r.full() {
		r.faults.Addf("", "", "has faults in %d places or more; the rest is not listed", placesMax)
	}
}

// fault records a fault of a value; none is shown where it is nil.
func (r *reader) fault(path string, value []byte, reason string) {
	r.at(path, &rule.FieldError{Value: string(value[:min(len(value), 100)]), Reason: reason}) // cut further, to whole runes, there
}

func (r *reader) full() bool { return r.places >= placesMax }

// fields calls f with every field of an object, in the order of the text. Names that are not known or were given before
// are faults, each once however often it is there.
func (r *reader) fields(path string, raw []byte, known func(name string) bool, f func(name, path string, raw []byte)) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		r.fault(path, raw, "must be an object")
		return
	}
	given := map[string]int{}
	for d.More() && !r.full() {
		token, _ := d.Token()
		name, _ := token.(string)
		value, err := next(d, raw)
		if err != nil { // the syntax was checked: not reached
			r.at(path, err)
			return
		}
		given[name]++
		switch times := given[name]; {
		case !known(name):
			if times == 1 {
				r.at(path, &rule.FieldError{Field: pathName(name), Reason: "is no known field"})
			}
		case times == 1:
			f(name, strings.TrimPrefix(path+"."+name, "."), value)
		case times == 2:
			r.at(path, &rule.FieldError{Field: name, Reason: "must not be given twice"})
		}
	}
}

// list makes of a function that reads an element one that reads a list.
func (r *reader) list(element func(r *reader, path string, raw []byte)) func(path string, raw []byte) {
	return func(path string, raw []byte) {
		d := json.NewDecoder(bytes.NewReader(raw))
		if open, err := d.Token(); err != nil || open != json.Delim('[') {
			r.fault(path, raw, "must be a list")
			return
		}
		for i := int64(0); d.More() && !r.full(); i++ {
			value, err := next(d, raw)
			if err != nil { // as above
				r.at(path, err)
				return
			}
			element(r, path+"["+itoa(i)+"]", value)
		}
	}
}

// A span is a value that is passed over.
type span struct{}

func (*span) UnmarshalJSON([]byte) error { return nil }

// next takes the next value of the text that d reads.
func next(d *json.Decoder, text []byte) ([]byte, error) {
	start := d.InputOffset()
	if err := d.Decode(&span{}); err != nil {
		return nil, err
	}
	return bytes.TrimLeft(text[start:d.InputOffset()], " \t\r\n,:"), nil
}

// calendar reads the calendar, which looks after its own fields.
func (r *reader) calendar(path string, raw []byte) {
	var c rule.Calendar
	r.at(path, json.Unmarshal(raw, &c))
	r.docs = append(r.docs, c)
}

// document makes a function that reads documents of one type, a plain struct, field by field.
func document[T any]() func(r *reader, path string, raw []byte) {
	fields := named(reflect.TypeFor[T]())
	known := func(name string) bool { _, ok := fields[name]; return ok }
	return func(r *reader, path string, raw []byte) {
		var doc T
		into := reflect.ValueOf(&doc).Elem()
		r.fields(path, raw, known, func(name, path string, raw []byte) {
			target := into.Field(fields[name]).Addr().Interface()
			err := json.Unmarshal(raw, target)
			var mismatch *json.UnmarshalTypeError
			if errors.As(err, &mismatch) {
				r.fault(path, raw, wanted(target))
				return
			}
			r.at(path, err)
		})
		r.docs = append(r.docs, doc)
	}
}

// named gives the numbers of a struct's fields by their names in JSON. Documents have no embedded fields, and a tag on each.
func named(t reflect.Type) map[string]int {
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields[name] = i
	}
	return fields
}

// wanted says what a value must be, in words without Go's types.
func wanted(target any) string {
	switch target.(type) {
	case *bool:
		return "must be true or false"
	case *int, *int64:
		return "must be a whole number of at most 64 bits"
	case *[]int64:
		return "must be a list of whole numbers of at most 64 bits"
	case *[]string:
		return "must be a list of strings"
	}
	return "must be a string" // as are periods, durations and amounts
}

// pathName makes an unknown name fit to stand in a path: one that is no plain word is quoted in brackets, and cut.
func pathName(name string) string {
	plain := name != "" && len(name) <= nameMax
	for _, c := range []byte(name) {
		plain = plain && (c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
	}
	if plain {
		return name
	}
	return "[" + strconv.Quote(strings.ToValidUTF8(name[:min(len(name), nameMax)], "")) + "]"
}

// nameMax is how much of an unknown name a path repeats, in bytes.
const nameMax = 80
