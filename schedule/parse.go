package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// descriptors are the words for whole expressions.
var descriptors = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

// parseFields reads an expression. The text is its canonical form: lower case, single spaces,
// words expanded.
func parseFields(expr string) (fields, string, error) {
	words := strings.Fields(strings.ToLower(expr))
	if len(words) == 1 && strings.HasPrefix(words[0], "@") {
		words = strings.Fields(descriptors[words[0]])
	}
	if len(words) != len(columns) {
		return fields{}, "", wrongShape(strings.Fields(expr))
	}
	var f fields
	for i, col := range columns {
		set, err := col.parse(words[i])
		if err != nil {
			return fields{}, "", err
		}
		*f.column(i) = set
	}
	f.anyDayOfMonth, f.anyDayOfWeek = star(words[2]), star(words[4])
	if !f.fires() {
		return fields{}, "", errors.New("it never fires: no month that it names has a day that it names")
	}
	return f, strings.Join(words, " "), nil
}

// star reports whether a field, or a part of its list, restricts nothing.
func star(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		if slices.Contains([]string{"*", "?", "*/1", "?/1"}, part) {
			return true
		}
	}
	return false
}

// wrongShape says what to write instead of something that has not five fields.
func wrongShape(words []string) error {
	switch {
	case len(words) > 0 && strings.Contains(words[0], "="):
		return fmt.Errorf("the zone %.80q does not belong here: give it as the second argument", words[0])
	case len(words) > 0 && strings.EqualFold(words[0], "@every"):
		return errors.New("@every is not a word of Cron: use Every")
	case len(words) == 1 && strings.HasPrefix(words[0], "@"):
		return fmt.Errorf("%.80q is unknown: give @hourly, @daily, @weekly, @monthly or @yearly", words[0])
	case len(words) == 6 || len(words) == 7:
		return fmt.Errorf("it has %d fields: give 5, without seconds and without years", len(words))
	}
	return fmt.Errorf("it has %d fields: give 5, which are minute, hour, day of month, month, day of week", len(words))
}

// A column is one of the five fields, and what may stand in it.
type column struct {
	name     string
	low      int
	high     int      // the last value of *, and of a range without an end
	top      int      // the highest value that may be written
	names    []string // of the values from low on
	question bool     // whether ? may stand for *
}

var columns = [...]column{
	{name: "minute", low: 0, high: 59, top: 59},
	{name: "hour", low: 0, high: 23, top: 23},
	{name: "day of month", low: 1, high: 31, top: 31, question: true},
	{name: "month", low: 1, high: 12, top: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")},
	{name: "day of week", low: 0, high: 6, top: 7, names: strings.Fields("sun mon tue wed thu fri sat"), question: true},
}

// parse reads a field into a set of values: bit n stands for n.
func (c column) parse(text string) (uint64, error) {
	var set uint64
	for part := range strings.SplitSeq(text, ",") {
		from, to, step, err := c.span(part)
		if err != nil {
			return 0, err
		}
		for v := from; v <= to; v += step {
			set |= 1 << v
		}
	}
	if c.top == 7 && set&(1<<7) != 0 { // Sunday
		set = set&^(1<<7) | 1
	}
	return set, nil
}

// span reads one part of a list: from, to, and the step between values.
func (c column) span(part string) (from, to, step int, err error) {
	span, stepText, stepped := strings.Cut(part, "/")
	first, last, ranged := strings.Cut(span, "-")
	step = 1
	switch {
	case span == "*", span == "?" && c.question:
		from, to = c.low, c.high
	case ranged:
		if from, err = c.value(first); err == nil {
			to, err = c.value(last)
		}
	default:
		from, err = c.value(first)
		to = from
		if stepped {
			to = max(from, c.high)
		}
	}
	if err == nil && from > to {
		err = fmt.Errorf("%s: the range %.40q begins above its end: give a range that rises", c.name, span)
	}
	if err == nil && stepped {
		step, err = c.step(stepText)
	}
	return from, to, step, err
}

// value reads a number or a name.
func (c column) value(text string) (int, error) {
	if i := slices.Index(c.names, text); i >= 0 {
		return c.low + i, nil
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || int(n) < c.low || int(n) > c.top {
		return 0, fmt.Errorf("%s: %.40q is not allowed: give %s", c.name, text, c.allowed())
	}
	return int(n), nil
}

// step reads what stands behind a slash. One that is wider than the field would start again
// with each hour, day or year, which is not what it looks like.
func (c column) step(text string) (int, error) {
	widest := c.high - c.low + 1
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n < 1 || int(n) > widest {
		return 0, fmt.Errorf("%s: the step %.40q is not allowed: give 1 to %d", c.name, text, widest)
	}
	return int(n), nil
}

// allowed says what may stand in the field, for messages.
func (c column) allowed() string {
	text := fmt.Sprintf("%d to %d", c.low, c.top)
	if len(c.names) > 0 {
		text += fmt.Sprintf(", or %s to %s", c.names[0], c.names[len(c.names)-1])
	}
	return text + ", *, a range, a step or a list of them"
}
