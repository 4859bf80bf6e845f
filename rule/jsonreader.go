package rule

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A jsonReader reads JSON one object or list at a time, because encoding/json neither notices a field given twice nor
// says where a fault lies. It counts nodes before it descends and ends after jsonFaultsMax faults, so its work and what it
// keeps are bounded however the text is made.
type jsonReader struct {
	nodes  int
	faults Faults
}

// jsonFaultsMax is how many faults of one text are listed.
const jsonFaultsMax = 100

// add records a fault. The last one says that there may be more.
func (d *jsonReader) add(path, value, reason string) {
	switch n := len(d.faults.errs); {
	case n < jsonFaultsMax-1:
		d.faults.Add(path, value, reason)
	case n == jsonFaultsMax-1:
		d.faults.Addf("", "", "has %d faults or more; the rest is not listed", jsonFaultsMax)
	}
}

// addErr records the fault that a check of one value found.
func (d *jsonReader) addErr(path string, err error) {
	var fault *FieldError
	if errors.As(err, &fault) {
		d.add(path, fault.Value, fault.Reason)
	} else if err != nil {
		d.add(path, "", err.Error())
	}
}

// full says that reading has to end.
func (d *jsonReader) full() bool {
	return len(d.faults.errs) >= jsonFaultsMax || d.nodes > ruleNodesMax
}

// text checks the syntax of a whole text, without recursion.
func (d *jsonReader) text(data []byte) (json.RawMessage, bool) {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			d.faults.Addf("", "", "must be JSON: %s after %d bytes", syntax.Error(), syntax.Offset)
		} else {
			d.faults.Addf("", "", "must be JSON: %s", err.Error())
		}
		return nil, false
	}
	return bytes.TrimSpace(raw), true
}

// enter counts nodes and says whether one more may be read.
func (d *jsonReader) enter() bool {
	if d.nodes++; d.nodes == ruleNodesMax+1 {
		d.add("", "", tooManyNodes())
	}
	return d.nodes <= ruleNodesMax
}

// A jsonField is one field of an object as it stands in the text.
type jsonField struct {
	name string
	raw  json.RawMessage
}

// object lists the fields of an object in the order of the text, without those that are unknown or given before: these are faults.
func (d *jsonReader) object(raw json.RawMessage, path string, known func(name string) bool) []jsonField {
	if raw[0] != '{' {
		d.add(path, shown(raw), "must be an object")
		return nil
	}
	var fields []jsonField
	for c := (jsonCursor{raw: raw, next: 1}); c.more() && !d.full(); {
		var f jsonField
		name := c.value()
		f.raw = c.value()
		switch err := json.Unmarshal(name, &f.name); {
		case err != nil: // the syntax was checked: not reached
			d.add(path, shown(name), "must be JSON: "+err.Error())
		case !known(f.name):
			d.add(join(path, pathName(f.name)), "", "is no known field")
		case slices.ContainsFunc(fields, func(g jsonField) bool { return g.name == f.name }):
			d.add(join(path, f.name), "", "must not be given twice")
		default:
			fields = append(fields, f)
		}
	}
	return fields
}

// list calls f with every element of a list and its path.
func (d *jsonReader) list(raw json.RawMessage, path string, f func(element json.RawMessage, path string)) {
	if raw[0] != '[' {
		d.add(path, shown(raw), "must be a list")
		return
	}
	c := jsonCursor{raw: raw, next: 1}
	for i := 0; c.more() && !d.full(); i++ {
		f(c.value(), at(path, i))
	}
}

// A jsonCursor goes through the values of an object or list whose syntax was checked. It looks at each byte once, where
// a [json.Decoder] looks three times and copies: with 16 levels of a large text that was most of a second.
type jsonCursor struct {
	raw  json.RawMessage
	next int
}

// more goes to the next value and says whether there is one.
func (c *jsonCursor) more() bool {
	for c.next < len(c.raw) && strings.IndexByte(" \t\r\n,:", c.raw[c.next]) >= 0 {
		c.next++
	}
	return c.next < len(c.raw) && c.raw[c.next] != '}' && c.raw[c.next] != ']'
}

// value takes the next value: of an object, names and values by turns. It needs one that is there.
func (c *jsonCursor) value() json.RawMessage {
	c.more()
	start, depth := c.next, 0
	for ; c.next < len(c.raw); c.next++ {
		switch c.raw[c.next] {
		case '"':
			for c.next++; c.next < len(c.raw) && c.raw[c.next] != '"'; c.next++ {
				if c.raw[c.next] == '\\' {
					c.next++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default: // within a number, a word, or a list or object
			if end := c.next + 1; depth > 0 || end < len(c.raw) && strings.IndexByte(" \t\r\n,:]}", c.raw[end]) < 0 {
				continue
			}
		}
		if depth == 0 {
			c.next++
			break
		}
	}
	return c.raw[start:min(c.next, len(c.raw))]
}

func (d *jsonReader) string(raw json.RawMessage, path string) string {
	var s string
	if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		d.add(path, shown(raw), "must be a string")
	}
	return s
}

// whole reads a whole number of at most so many bits, its sign included.
func (d *jsonReader) whole(raw json.RawMessage, path string, bits int) int64 {
	n, err := strconv.ParseInt(string(raw), 10, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		d.add(path, shown(raw), fmt.Sprintf("must fit in %d bits", bits))
	case err != nil:
		d.add(path, shown(raw), "must be a whole number, without point or exponent")
	default:
		return n
	}
	return 0
}

// shown is as much of a faulty value as an error repeats, and a byte, so that it is cut at the edge of a rune.
func shown(raw json.RawMessage) string { return string(raw[:min(len(raw), valueMax+1)]) }

// pathName makes an unknown name fit to stand in a path: one that is no plain word is quoted in brackets, and cut.
func pathName(name string) string {
	plain := name != "" && len(name) <= valueMax
	for _, c := range []byte(name) {
		plain = plain && (c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
	}
	if plain {
		return name
	}
	return "[" + strconv.Quote(clip(name, valueMax)) + "]"
}
