package io.rowback.deploy;

import java.time.OffsetDateTime;

/** What is packaged: its version, and the time that counts as that of the build, so that the same sources are the same bytes. */
record Edition(String version, OffsetDateTime date) {}
