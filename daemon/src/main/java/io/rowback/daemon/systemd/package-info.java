/** How the daemon speaks to the service manager that started it; the only package that knows the library for its socket. */
@NullMarked
package io.rowback.daemon.systemd;

import org.jspecify.annotations.NullMarked;
