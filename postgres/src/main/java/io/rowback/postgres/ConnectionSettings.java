package io.rowback.postgres;

import io.rowback.history.ErrorCode;
import io.rowback.history.RowbackException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a database is and as whom to connect, read from a URL in libpq's or JDBC's form. A password is only ever handed
 * to the driver: it is not part of the text form.
 *
 * @param host name or address, an IPv6 address without brackets
 * @param port TCP port
 * @param database the database's name
 * @param user the role
 * @param password null where the driver is to look into the password file ({@code ~/.pgpass}, {@code PGPASSFILE})
 * @param driverProperties further settings under the driver's names, those of TLS above all
 */
public record ConnectionSettings(
        String host,
        int port,
        String database,
        String user,
        @Nullable String password,
        Map<String, String> driverProperties) {
    private static final int DEFAULT_PORT = 5432;
    private static final int PORT_MAX = 65_535;

    private static final Set<String> PASSWORDS = Set.of("password", "sslpassword");

    /** What may stand behind the question mark: libpq's and the driver's name of a setting, and the driver's. */
    private static final Map<String, String> PARAMETERS = Map.ofEntries(
            Map.entry("sslmode", "sslmode"),
            Map.entry("sslrootcert", "sslrootcert"),
            Map.entry("sslcert", "sslcert"),
            Map.entry("sslkey", "sslkey"),
            Map.entry("sslpassword", "sslpassword"),
            Map.entry("sslnegotiation", "sslNegotiation"),
            Map.entry("channel_binding", "channelBinding"),
            Map.entry("connect_timeout", "connectTimeout"),
            Map.entry("connectTimeout", "connectTimeout"),
            Map.entry("socketTimeout", "socketTimeout"),
            Map.entry("loginTimeout", "loginTimeout"));

    /** The words that a parameter takes, where it takes no others. */
    private static final Map<String, List<String>> WORDS = Map.of(
            "sslmode", List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
            "sslnegotiation", List.of("postgres", "direct"),
            "channel_binding", List.of("disable", "prefer", "require"));

    public ConnectionSettings {
        driverProperties = Map.copyOf(driverProperties);
    }

    /**
     * Reads {@code postgresql://user@host:port/database?sslmode=...} or {@code jdbc:postgresql://host:port/database?user=...}.
     * With {@code service=NAME} what is missing is taken from libpq's service file: {@code postgresql:///?service=app}.
     *
     * @throws RowbackException of code USAGE if it is neither; the message never repeats the URL, which may hold a password
     */
    public static ConnectionSettings parse(String url) {
        return parse(url, System.getenv());
    }

    /** The same in an environment that says where the service file is. */
    static ConnectionSettings parse(String url, Map<String, String> environment) {
        URI uri = uri(url);
        Map<String, String> parameters = parameters(uri.getRawQuery());
        Map<String, String> service = ServiceFile.read(parameters.remove("service"), environment);
        String host = uri.getHost() == null ? service.get("host") : uri.getHost();
        if (host == null || host.startsWith("/") || host.contains(",")) {
            throw wrong("a database's url names no host, or several, or a socket folder");
        }
        String userInfo = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
        int colon = userInfo.indexOf(':');
        String user = parameters.remove("user");
        if (user == null) {
            String named = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
            user = named.isEmpty() ? service.getOrDefault("user", "") : named;
        }
        if (user.isEmpty()) {
            throw wrong("a database's url names no user");
        }
        String password = parameters.remove("password");
        if (password == null) {
            password = colon < 0 ? service.get("password") : decode(userInfo.substring(colon + 1));
        }
        int port = uri.getPort() < 0 ? port(service) : uri.getPort();
        if (port < 1 || port > PORT_MAX) {
            throw wrong("a database's url has a port that is none: " + port);
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        // What our sessions need otherwise, as options are, a service does not get to say.
        service.forEach((name, value) -> {
            if (PARAMETERS.containsKey(name)) {
                parameters.putIfAbsent(name, value);
            }
        });
        return new ConnectionSettings(
                host.replaceAll("^\\[|]$", ""),
                port,
                path.length() > 1 ? decode(path.substring(1)) : service.getOrDefault("dbname", user),
                user,
                password,
                driverProperties(parameters));
    }

    private static URI uri(String url) {
        URI uri;
        try {
            String libpq = url.startsWith("jdbc:") ? url.substring("jdbc:".length()) : url;
            // Nothing between the slashes and the question mark is no URI, but libpq's form all the same.
            uri = new URI(libpq.replaceFirst("^(\\w+://)\\?", "$1/?"));
        } catch (URISyntaxException e) {
            // The exception's text repeats the URL, and with it a password; so it is not kept as a cause.
            throw wrong("a database's url is no valid URL at character " + e.getIndex());
        }
        if (!"postgresql".equals(uri.getScheme()) && !"postgres".equals(uri.getScheme())) {
            throw wrong("a database's url does not begin with postgresql:// or jdbc:postgresql://");
        }
        return uri;
    }

    private static int port(Map<String, String> service) {
        String port = service.getOrDefault("port", Integer.toString(DEFAULT_PORT));
        if (!port.matches("\\d{1,5}")) {
            throw wrong("a service's port is no number");
        }
        return Integer.parseInt(port);
    }

    /** A URL that {@link #parse} takes, as it was written, but without the passwords in it. */
    static String withoutPasswords(String url) {
        String open = url.replaceFirst("^([^/]*//[^/?@:]*):[^/?@]*@", "$1@");
        int question = open.indexOf('?');
        if (question < 0) {
            return open;
        }
        String parameters = Arrays.stream(open.substring(question + 1).split("&", -1))
                .filter(parameter -> !PASSWORDS.contains(decode(parameter.replaceFirst("=.*", ""))))
                .collect(Collectors.joining("&"));
        return open.substring(0, question) + (parameters.isEmpty() ? "" : "?" + parameters);
    }

    /**
     * What the driver is given as the password: empty where it would look into a password file that others may read, which
     * libpq does not.
     */
    public @Nullable String driverPassword() {
        return password == null && PasswordFile.openToOthers(System.getenv()).isPresent() ? "" : password;
    }

    /** These settings with a password. */
    public ConnectionSettings withPassword(String secret) {
        return new ConnectionSettings(host, port, database, user, secret, driverProperties);
    }

    /** The URL for the driver; it names neither user nor password. */
    public String jdbcUrl() {
        String address = host.contains(":") ? "[" + host + "]" : host;
        return "jdbc:postgresql://" + address + ":" + port + "/"
                + java.net.URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Where it leads, for people: {@code user@host:port/database}. */
    @Override
    public String toString() {
        return user + "@" + host + ":" + port + "/" + database;
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String parameter : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals < 0) {
                throw wrong("a parameter of a database's url has no value");
            }
            parameters.put(decode(parameter.substring(0, equals)), decode(parameter.substring(equals + 1)));
        }
        return parameters;
    }

    private static Map<String, String> driverProperties(Map<String, String> parameters) {
        Map<String, String> properties = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            String property = PARAMETERS.get(name);
            if (property == null) {
                throw unknown(
                        "unknown parameter in a database's url: " + name,
                        PARAMETERS.keySet().stream().sorted());
            }
            List<String> words = WORDS.get(name);
            if (words != null && !words.contains(value)) {
                throw unknown("unknown " + name + " in a database's url: " + value, words.stream());
            }
            properties.put(property, value);
        });
        if (properties.containsKey("sslrootcert")) {
            // The driver would not look at the server's certificate at all; libpq verifies it with who is named so.
            properties.replace("sslmode", "require", "verify-ca");
        }
        String certificate = properties.get("sslcert");
        if (certificate != null) {
            // The driver would take the key for one of RSA.
            keyAlgorithm(certificate).ifPresent(algorithm -> properties.put("pemKeyAlgorithm", algorithm));
        }
        return properties;
    }

    /** The kind of key that belongs to a certificate; empty if the file is none, of which the driver will say why. */
    private static Optional<String> keyAlgorithm(String certificate) {
        try (InputStream file = Files.newInputStream(Path.of(certificate))) {
            return Optional.of(CertificateFactory.getInstance("X.509")
                    .generateCertificate(file)
                    .getPublicKey()
                    .getAlgorithm());
        } catch (IOException | CertificateException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static RowbackException unknown(String message, Stream<String> known) {
        return new RowbackException(
                ErrorCode.USAGE, message, "Known are: " + known.collect(Collectors.joining(", ")) + ".");
    }

    private static String decode(String text) {
        // A plus sign stands for itself in libpq's form.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static RowbackException wrong(String message) {
        return new RowbackException(
                ErrorCode.USAGE,
                message,
                "Write it as postgresql://user@host:5432/database, special characters percent-encoded.");
    }
}
