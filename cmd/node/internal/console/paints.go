package console

// Paints give text on standard output a look; where it has no colours they leave it as it is.
type Paints struct {
	Bold, Red, Green, Yellow, Dim func(string) string
}

// Paints returns those of the console.
func (c *Console) Paints() Paints {
	with := func(st style) func(string) string {
		return func(text string) string { return c.out.paint(st, text) }
	}
	return Paints{Bold: with(bold), Red: with(red), Green: with(green), Yellow: with(yellow), Dim: with(faint)}
}

// Width is how many columns standard output has; 0 where it is no terminal, or does not tell.
func (c *Console) Width() int {
	if c.out.width == nil {
		return 0
	}
	return c.out.width()
}
