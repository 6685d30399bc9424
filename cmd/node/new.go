package main

type newCommand struct{}

func (newCommand) Run() error { return nil }
