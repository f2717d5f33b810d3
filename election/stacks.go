package election

import (
	"bytes"
	"context"
	"fmt"
	"runtime/pprof"
	"strconv"
)

// maxStacks is how many bytes the stacks of stalled work may have in a log.
const maxStacks = 16 << 10

// workFrame is in the stack of the goroutine that called Lead.
const workFrame = "election.(*Elector).serve+"

// labelled returns ctx with a label for the goroutines of a term's work: the key of the
// record and the term. Inside of several terms a goroutine has a label of each.
func labelled(ctx context.Context, key string, term Term) context.Context {
	return pprof.WithLabels(ctx, pprof.Labels(key, strconv.FormatInt(int64(term), 10)))
}

// label gives the label to the calling goroutine, which those that it starts inherit;
// unlabel gives it those of the caller's context again. Where no Stall is set there is none.

func (w *workContext) label() {
	if w.progress.limit > 0 {
		pprof.SetGoroutineLabels(w)
	}
}

func (w *workContext) unlabel() {
	if w.progress.limit > 0 {
		pprof.SetGoroutineLabels(w.caller)
	}
}

// stacks are what the goroutines of a term's work do now, the one that called Lead first.
// There is no other way to find them than to look at all goroutines of the process.
func stacks(key string, term Term) string {
	var all bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&all, 1) // a buffer takes everything
	return chooseStacks(all.Bytes(), key, term)
}

// chooseStacks returns the labelled ones of a goroutine profile in text form: blocks
// with an empty line between them, and with the labels in a line of their own.
func chooseStacks(profile []byte, key string, term Term) string {
	label := fmt.Appendf(nil, "%q:\"%d\"", key, term)
	var first, others []byte
	for block := range bytes.SplitSeq(profile, []byte("\n\n")) {
		switch {
		case !bytes.Contains(labelsOf(block), label):
		case bytes.Contains(block, []byte(workFrame)):
			first = append(append(first, block...), '\n')
		default:
			others = append(append(others, block...), '\n')
		}
	}
	first = append(first, others...)
	return string(first[:min(len(first), maxStacks)])
}

// labelsOf is the line of a block that has its labels.
func labelsOf(block []byte) []byte {
	_, rest, _ := bytes.Cut(block, []byte("\n# labels: "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return line
}
