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
