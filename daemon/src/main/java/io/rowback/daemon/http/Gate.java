package io.rowback.daemon.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.security.MessageDigest;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask what. With a token, who bears it. Without one the server listens to this machine alone; but a browser on
 * it may have been led here by a page whose name resolves to this address, so then only requests are answered that ask
 * for an address or {@code localhost}.
 */
final class Gate {
    /** As many characters as a random token of 96 bits has in base 64. */
    private static final int TOKEN_MIN = 16;

    private static final String BEARER = "Bearer ";
    private static final Pattern OUR_HOST = Pattern.compile("(localhost|[0-9.]+|\\[[0-9a-fA-F:.]+])(:[0-9]+)?");

    private final byte @Nullable [] token;

    /** Why a request is not answered. */
    record Refusal(int status, Map<String, String> headers, String text) {}

    /**
     * Lets those pass who bear this token, or everybody if there is none.
     *
     * @throws RowbackException of code USAGE if it is too short to keep anybody out
     */
    Gate(@Nullable String token) {
        if (token != null && token.length() < TOKEN_MIN) {
            throw new RowbackException(
                    ErrorCode.USAGE,
                    "the token for HTTP has fewer than " + TOKEN_MIN + " characters",
                    "Make one with: openssl rand -hex 32");
        }
        this.token = token == null ? null : token.getBytes(UTF_8);
    }

    /** Null if the request may be answered. */
    @Nullable
    Refusal refusal(String method, Headers headers) {
        if (token != null && !bearsToken(headers.getFirst("Authorization"))) {
            return new Refusal(401, Map.of("WWW-Authenticate", "Bearer"), "the token is missing or wrong\n");
        }
        String host = String.valueOf(headers.getFirst("Host"));
        if (token == null && !OUR_HOST.matcher(host).matches()) {
            return new Refusal(421, Map.of(), "without a token, ask for localhost or an address\n");
        }
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return new Refusal(405, Map.of("Allow", "GET, HEAD"), "only GET and HEAD are answered\n");
        }
        return null;
    }

    /** Takes as long for a token that is nearly right as for any other. */
    private boolean bearsToken(@Nullable String authorization) {
        return authorization != null
                && authorization.startsWith(BEARER)
                && MessageDigest.isEqual(
                        token, authorization.substring(BEARER.length()).getBytes(UTF_8));
    }
}
