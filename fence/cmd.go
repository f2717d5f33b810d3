package fence

import (
	_ "embed" // the commands
	"encoding"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"example.com/incumbent/election"
)

// A Cmd is one Redis command with its arguments, such as
// Cmd{"SET", KeyFor(ctx, "report"), body}. Every key must be a [Key]. Arguments are what
// the client takes, and an [election.Term].
type Cmd []any

//go:embed lua/commands.lua
var commandsSource string

// maxWords is how many words a command, or a call of Eval, may have. A server cannot
// unpack more than some thousands in a script.
const maxWords = 5000

// keyless are commands that may stand without a key. Everything else is refused without
// one: a key that is a string would escape the rule of the slot.
var keyless = []string{"ECHO", "PING", "PUBLISH", "TIME"}

// name is the command in capitals; empty if there is none.
func (c Cmd) name() string {
	if len(c) == 0 {
		return ""
	}
	name, _ := c[0].(string)
	return strings.ToUpper(name)
}

// check refuses what cannot be a command. Position counts from 1.
func (c Cmd) check(position int) error {
	name := c.name()
	hasKey := slices.ContainsFunc(c, func(word any) bool { _, ok := word.(Key); return ok })
	switch {
	case len(c) == 0:
		return fmt.Errorf("%w: command %d is empty", election.ErrConfig, position)
	case name == "":
		return fmt.Errorf("%w: command %d begins with %T(%v): begin with the name of a command, a string", election.ErrConfig, position, c[0], c[0])
	case len(c) > maxWords:
		return fmt.Errorf("%w: command %d, %s, has %d words: give at most %d", election.ErrConfig, position, name, len(c), maxWords)
	case !hasKey && !slices.Contains(keyless, name):
		return fmt.Errorf("%w: command %d, %s, has no key: write it as KeyFor(ctx, name), or as a fence.Key", election.ErrConfig, position, name)
	}
	return nil
}

// flatten makes keys and arguments of the commands, as the script reads them.
func flatten(cmds []Cmd) (keys []Key, args []any, err error) {
	var layout strings.Builder
	args = []any{nil}
	for i, c := range cmds {
		if err := c.check(i + 1); err != nil {
			return nil, nil, err
		}
		for _, word := range c {
			if key, ok := word.(Key); ok {
				keys = append(keys, key)
				layout.WriteByte('k')
				continue
			}
			value, err := argument(word)
			if err != nil {
				return nil, nil, fmt.Errorf("command %d, %s: %w", i+1, c.name(), err)
			}
			args = append(args, value)
			layout.WriteByte('v')
		}
		layout.WriteByte(' ')
	}
	args[0] = layout.String()
	return keys, args, nil
}

// argument is a value as the client takes it. What it does not take is refused here: it
// would break the connection over it.
func argument(value any) (any, error) {
	switch v := value.(type) {
	case election.Term:
		return int64(v), nil
	case Key:
		return string(v), nil
	case string, []byte, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64,
		time.Time, time.Duration, net.IP:
		return v, nil
	case encoding.BinaryMarshaler:
		b, err := v.MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("%w: an argument of type %T: %w", election.ErrConfig, v, err)
		}
		return b, nil
	}
	return nil, fmt.Errorf("%w: an argument of type %T: give a text, bytes or a number", election.ErrConfig, value)
}
