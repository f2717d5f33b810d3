package verification

// mutant is what a variant of the code is in verification/mutate.
type mutant struct{}

func one(name, what, place, pattern, replacement string) mutant { return mutant{} }

func (m mutant) inTest(pkg, test string) mutant { return m }
