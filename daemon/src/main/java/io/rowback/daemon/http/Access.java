package io.rowback.daemon.http;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import io.rowback.postgres.Config;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where the status server listens and whom it lets in, of settings that were found good.
 *
 * @param address where it listens
 * @param gate who is let in
 * @param tls what connections are made with; null without TLS
 */
record Access(
        InetSocketAddress address, Gate gate, @Nullable SSLContext tls) {
    static final String HINT = "Set http.listen to a free host:port, or to \"\" to serve none.";

    private static final Pattern LISTEN = Pattern.compile("\\[?(?<host>[^\\[\\]]+)]?:(?<port>[0-9]{1,5})");
    private static final int PORT_MAX = 65_535;

    /**
     * What the settings say.
     *
     * @throws RowbackException of code USAGE if they are wrong or would let strangers read
     */
    static Access of(Config.Http settings) {
        InetSocketAddress address = address(settings.listen());
        String token = settings.token();
        Path certificate = settings.certificate();
        Path key = settings.key();
        if ((certificate == null) != (key == null)) {
            throw new RowbackException(
                    ErrorCode.USAGE, "of http.certificate and http.key only one is set", "TLS needs both.");
        }
        boolean guarded = certificate != null && token != null;
        if (!guarded && !address.getAddress().isLoopbackAddress()) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "http.listen is \"" + settings.listen() + "\", which other machines reach, without a token and TLS",
                    "Set http.token_file (or a systemd credential http.token), http.certificate and http.key; or listen at"
                            + " 127.0.0.1.");
        }
        SSLContext tls = certificate == null || key == null ? null : Identity.read(certificate, key);
        return new Access(address, new Gate(token), tls);
    }

    private static InetSocketAddress address(String listen) {
        Matcher parts = LISTEN.matcher(listen);
        int port = parts.matches() ? Integer.parseInt(parts.group("port")) : PORT_MAX + 1;
        if (port > PORT_MAX) {
            throw new RowbackException(ErrorCode.USAGE, "http.listen is \"" + listen + "\", not host:port", HINT);
        }
        InetSocketAddress address = new InetSocketAddress(parts.group("host"), port);
        if (address.isUnresolved()) {
            throw new RowbackException(
                    ErrorCode.USAGE, "http.listen names host " + parts.group("host") + ", which is not known", HINT);
        }
        return address;
    }
}
