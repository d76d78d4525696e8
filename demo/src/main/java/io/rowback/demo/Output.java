package io.rowback.demo;

/** What a program left when it ended. */
public record Output(int exitCode, String out, String err) {}
