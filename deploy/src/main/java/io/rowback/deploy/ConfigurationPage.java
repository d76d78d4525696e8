package io.rowback.deploy;

import io.rowback.postgres.ConfigKey;
import java.util.List;

/** The manual page of the configuration, from the table of its keys. */
final class ConfigurationPage {
    private ConfigurationPage() {}

    /** The text of the page. */
    static String text(Edition edition) {
        Roff page = new Roff("rowback.toml", 5, edition);
        page.section("NAME").line("rowback.toml - configuration of rowbackd and rowback");
        page.section("SYNOPSIS").line("/etc/rowback/rowback.toml");
        page.section("DESCRIPTION")
                .paragraph(
                        "A TOML file. Each key can be set in the environment too, which wins. A key that is not known is"
                                + " refused, with the nearest that is. Several tables [databases.NAME] are captured side by side."
                                + " `rowbackd config` prints what is in force and where it comes from.")
                .paragraph(
                        "Sizes are a number and kB, MB, GB or TB, spans of time a number and s, min, h or d; 0 needs no"
                                + " unit. Lists are [\"public.*\", \"app.orders\"], in the environment with commas between:"
                                + " public.*,app.orders.");
        page.section("KEYS");
        for (ConfigKey key : ConfigKey.values()) {
            String preset = key.preset();
            page.entry(
                    key.path(),
                    ConfigurationFile.sentence(key.meaning())
                            + (preset == null || preset.isEmpty() ? "" : " Default: " + preset + ".")
                            + (key.kind() == ConfigKey.Kind.SECRET ? " Not in this file." : "")
                            + " Environment: " + key.variable(ConfigKey.NAME) + ".");
        }
        page.section("PASSWORDS")
                .paragraph("A password comes from the password file (~/.pgpass, which for the service is"
                        + " /var/lib/rowback/.pgpass), from the environment, or from a systemd credential, "
                        + ConfigKey.PASSWORD.credential(ConfigKey.NAME)
                        + ". The service takes that of a database named app from /etc/credstore/rowback.app.password.");
        page.section("EXAMPLE")
                .verbatim(List.of(
                        "  [databases.app]", "  url = \"" + ConfigurationFile.URL + "\"", "  wal_limit = \"50GB\""));
        page.section("SEE ALSO").line("rowback(1), rowbackd(8)");
        return page.toString();
    }
}
