package main

import (
	"testing"

	"example.com/incumbent/internal/demo/demotest"
)

func TestMain(m *testing.M) { demotest.Main(m) }
