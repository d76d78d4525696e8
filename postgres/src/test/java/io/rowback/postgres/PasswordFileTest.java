package io.rowback.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordFileTest {
    @TempDir
    private Path folder;

    @Test
    void fileIsOpenToOthersIfAnyOfThemMayDoAnything() throws IOException {
        Path file = Files.createFile(folder.resolve("pgpass"));
        Map<String, String> environment = Map.of("PGPASSFILE", file.toString());
        for (String open : new String[] {"rw-r--r--", "rw-r-----", "rw------x"}) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(open));
            assertThat(PasswordFile.openToOthers(environment)).as(open).contains(file);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertThat(PasswordFile.openToOthers(environment)).isEmpty();
        Files.delete(file);
        assertThat(PasswordFile.openToOthers(environment)).isEmpty();
    }
}
